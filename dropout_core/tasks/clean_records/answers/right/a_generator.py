def clean_records(rows):
    return list(_cleaned(rows))


def _cleaned(rows):
    seen = set()
    for row in rows:
        name, email = _name(row.get("name")), _email(row.get("email"))
        if name and not (email and email in seen):
            seen.add(email)
            yield {"name": name, "email": email, "age": _age(row.get("age"))}


def _name(name):
    return " ".join(str(name or "").split())


def _email(email):
    parts = str(email or "").strip().lower().split("@")
    return "@".join(parts) if len(parts) == 2 and "" not in parts else None


def _age(age):
    if type(age) is str and age.strip().isascii() and age.strip().isdecimal():
        age = int(age.strip())
    return age if type(age) is int and 0 <= age <= 150 else None
