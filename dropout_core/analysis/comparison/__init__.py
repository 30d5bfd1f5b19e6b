"""Two evaluations or more, side by side."""
