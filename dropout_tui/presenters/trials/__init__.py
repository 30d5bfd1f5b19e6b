"""The list of runs: filter, order, groups, and actions on many runs at once."""
