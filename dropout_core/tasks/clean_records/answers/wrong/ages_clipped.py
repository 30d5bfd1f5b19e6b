def clean_records(rows):
    result = []
    for row in rows:
        name = " ".join((row["name"] or "").split())
        if name:
            result.append({"name": name, "email": clean_email(row["email"]), "age": clean_age(row["age"])})
    return result


def clean_email(email):
    email = (email or "").strip().lower()
    parts = email.split("@")
    return email if len(parts) == 2 and all(parts) else None


def clean_age(age):
    try:
        age = int(age)
    except (TypeError, ValueError):
        return None
    return min(max(age, 0), 150)
