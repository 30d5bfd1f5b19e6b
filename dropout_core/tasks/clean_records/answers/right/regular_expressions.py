import re


def clean_records(rows):
    seen, cleaned = set(), []
    for row in rows:
        name = re.sub(r"\s+", " ", row.get("name") or "").strip()
        email = (row.get("email") or "").strip().lower()
        email = email if re.fullmatch(r"[^@]+@[^@]+", email) else None
        if not name or (email and email in seen):
            continue
        seen.add(email)
        age = row.get("age")
        text = age.strip() if isinstance(age, str) else str(age) if type(age) is int else ""
        age = int(text) if re.fullmatch(r"[0-9]+", text) and int(text) <= 150 else None
        cleaned.append(dict(name=name, email=email, age=age))
    return cleaned
