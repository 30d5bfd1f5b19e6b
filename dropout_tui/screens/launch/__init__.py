"""The launch form of a new evaluation."""
