"""Graders that are open, and stored answers that are graded again."""
