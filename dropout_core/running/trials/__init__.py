"""Trials under way: whose turn it is, what runs, what comes of it."""
