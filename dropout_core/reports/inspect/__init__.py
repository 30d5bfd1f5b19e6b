"""Logs for Inspect."""
