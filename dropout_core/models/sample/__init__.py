"""The built-in model, which answers from a collection of samples."""
