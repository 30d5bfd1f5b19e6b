"""Error of a task that cannot be used."""


class TaskUnusable(ValueError):
    """There is no such task, or its file does not define one. The message is one line."""
