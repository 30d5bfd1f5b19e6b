"""How often each check fails a right answer, and what it catches."""
