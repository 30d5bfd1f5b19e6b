"""Numbers, said in words."""
