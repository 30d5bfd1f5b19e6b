"""Processes that run untrusted code, seen from outside."""
