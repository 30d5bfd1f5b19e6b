"""Answers and prompts in the user's own editor."""
