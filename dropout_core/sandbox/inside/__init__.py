"""Modules that run beside untrusted code. They import nothing of the project."""
