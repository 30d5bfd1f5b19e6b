"""Verdicts, checks and their evidence, flags and causes."""
