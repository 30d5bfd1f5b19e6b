"""A sweep without a screen."""
