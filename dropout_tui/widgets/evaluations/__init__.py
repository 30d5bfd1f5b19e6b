"""Widgets about whole evaluations: the history and comparisons."""
