"""A sweep: its grid, its cells, how it stands."""
