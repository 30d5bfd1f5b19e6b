"""Values as words and numbers to read."""
