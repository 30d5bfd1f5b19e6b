"""An evaluation under way: its session, slots and commands."""
