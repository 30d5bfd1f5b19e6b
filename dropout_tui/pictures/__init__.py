"""Evidence as characters: pure functions from what a check keeps to lines of `Content`."""
