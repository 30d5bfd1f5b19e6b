"""Settings from `dropout.toml`, and choices saved between starts."""
