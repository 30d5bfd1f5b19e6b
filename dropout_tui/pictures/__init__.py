"""Evidence drawn with characters: pure functions from the evidence of a check to lines of `Content`."""
