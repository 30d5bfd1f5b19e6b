"""Failed requests, whatever the API: what was wrong, and whether trying again can help."""
