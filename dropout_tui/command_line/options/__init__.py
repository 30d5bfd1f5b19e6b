"""The options of all commands: how they are read, and what they mean."""
