"""Completions made elsewhere: read from files, and graded in order."""
