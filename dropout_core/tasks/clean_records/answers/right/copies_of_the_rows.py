def clean_records(rows):
    cleaned = []
    for row in rows:
        row = dict(row)
        row["name"] = " ".join((row["name"] or "").split())
        if not row["name"]:
            continue
        row["email"] = (row["email"] or "").strip().lower()
        if row["email"].count("@") != 1 or row["email"].startswith("@") or row["email"].endswith("@"):
            row["email"] = None
        try:
            row["age"] = int(row["age"])
            assert 0 <= row["age"] <= 150
        except (TypeError, ValueError, AssertionError):
            row["age"] = None
        cleaned.append(row)
    return cleaned
