from dataclasses import asdict, dataclass


@dataclass
class Record:
    name: str
    email: str | None
    age: int | None


def clean_records(rows):
    records = []
    for row in rows:
        name = " ".join((row["name"] or "").split())
        if not name:
            continue
        email = (row["email"] or "").strip().lower()
        valid = email.count("@") == 1 and all(email.split("@"))
        text = str(row["age"]).strip()
        age = int(text) if text.isdigit() and int(text) <= 150 else None
        records.append(asdict(Record(name, email if valid else None, age)))
    return records
