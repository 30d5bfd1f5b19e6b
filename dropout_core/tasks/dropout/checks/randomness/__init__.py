"""Checks of the drop mask: evenness and independence."""
