"""The SQLite file that keeps evaluations."""
