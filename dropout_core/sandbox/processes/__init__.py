"""Processes that run untrusted code, as this process sees them."""
