"""What the text of an answer says before it is run."""
