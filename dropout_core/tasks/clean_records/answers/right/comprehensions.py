def clean_records(rows):
    names = [" ".join((row["name"] or "").split()) for row in rows]
    return [
        {"name": name, "email": email(row["email"]), "age": age(row["age"])} for name, row in zip(names, rows) if name
    ]


def email(text):
    text = text.strip().lower() if text else ""
    before, _, after = text.partition("@")
    return text if before and after and "@" not in after else None


def age(value):
    if isinstance(value, str):
        value = int(value) if value.strip().isdigit() else None
    return value if value is not None and 0 <= value <= 150 else None
