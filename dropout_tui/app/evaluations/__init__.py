"""The evaluations that an app runs."""
