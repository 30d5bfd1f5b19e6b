"""Plain values that the whole program uses."""
