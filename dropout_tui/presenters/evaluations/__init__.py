"""An evaluation, live or stored, and the commands that it takes."""
