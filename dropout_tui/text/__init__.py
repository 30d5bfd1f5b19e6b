"""Values as words and numbers on screen."""
