"""Other programs' interfaces to this one: one module each, imported by nothing here, so that each needs only its own
program."""
