"""The launch form: what is typed, what it means, what the server knows of it."""
