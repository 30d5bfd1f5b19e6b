"""Key bindings and their ids."""
