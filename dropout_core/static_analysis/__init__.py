"""Static analysis of an answer's code, before it is run."""
