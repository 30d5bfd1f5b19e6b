"""One attempt of a trial: the conversation, what it submits, and how it ends."""
