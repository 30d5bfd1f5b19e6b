"""The small widgets the screens are made of; each usable alone."""
