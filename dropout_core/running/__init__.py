"""Running an evaluation: its session, slots, commands and regrading."""
