"""Storage of evaluations in a SQLite file."""
