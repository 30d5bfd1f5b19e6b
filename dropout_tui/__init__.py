"""The terminal dashboard and the command line of `dropout_core`."""
