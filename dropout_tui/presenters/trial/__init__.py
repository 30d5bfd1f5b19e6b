"""One run: its code and its conversation."""
