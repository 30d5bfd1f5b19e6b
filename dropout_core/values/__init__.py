"""Plain values that many parts of the program use."""
