"""The matrix of a sweep, and what stands round it."""
