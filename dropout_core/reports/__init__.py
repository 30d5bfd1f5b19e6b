"""An evaluation for other programs and for people without a screen."""
