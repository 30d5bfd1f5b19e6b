"""Widgets about one trial."""
