"""A page of its own, in HTML."""
