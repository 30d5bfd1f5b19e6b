"""The SQLite file: its schema, its shape, who has it open."""
