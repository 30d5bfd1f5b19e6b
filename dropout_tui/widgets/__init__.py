"""The widgets that screens are made of; each is usable alone."""
