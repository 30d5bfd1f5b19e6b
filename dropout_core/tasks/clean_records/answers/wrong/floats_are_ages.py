def clean_records(rows):
    cleaned = []
    seen = set()
    for row in rows:
        name = " ".join((row.get("name") or "").split())
        if not name:
            continue
        email = (row.get("email") or "").strip().lower()
        user, at, host = email.partition("@")
        if not (user and host) or "@" in host:
            email = None
        if email is not None:
            if email in seen:
                continue
            seen.add(email)
        age = row.get("age")
        if isinstance(age, str):
            age = age.strip()
            age = int(age) if age.isascii() and age.isdigit() else None
        if isinstance(age, float) and age == age:
            age = int(age)
        if type(age) is not int or not 0 <= age <= 150:
            age = None
        cleaned.append({"name": name, "email": email, "age": age})
    return cleaned
