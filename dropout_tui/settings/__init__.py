"""Settings from `dropout.toml`, and what is remembered between starts."""
