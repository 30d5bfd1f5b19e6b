"""What the probes gave, and findings about it."""
