"""The lines that commands print."""
