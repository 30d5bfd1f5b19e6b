def clean_records(rows):
    cleaned = [_clean(row) for row in rows]
    kept, emails = [], []
    for row in cleaned:
        if row["name"] and (row["email"] is None or row["email"] not in emails):
            kept.append(row)
            emails.append(row["email"])
    return kept


def _clean(row):
    name, email, age = row.get("name"), row.get("email"), row.get("age")
    name = " ".join(name.split()) if name else ""
    email = email.strip().lower() if email else ""
    at = email.count("@") == 1 and 0 < email.index("@") < len(email) - 1
    if isinstance(age, str):
        digits = age.strip()
        age = int(digits) if digits and set(digits) <= set("0123456789") else None
    good = isinstance(age, int) and not isinstance(age, bool) and 0 <= age <= 150
    return {"name": name, "email": email if at else None, "age": age if good else None}
