"""The dashboard of one evaluation, and what it asks."""
