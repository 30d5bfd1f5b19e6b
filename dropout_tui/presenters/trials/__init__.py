"""The list of runs: filtered, ordered, grouped, and what is done to many at once."""
