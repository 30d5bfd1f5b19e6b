"""One run: its code, its conversation, its checks."""
