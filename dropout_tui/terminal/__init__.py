"""What Textual leaves out about terminals."""
