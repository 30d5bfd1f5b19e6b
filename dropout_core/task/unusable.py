"""What is raised where there is no task to be had."""


class TaskUnusable(ValueError):
    """There is no such task, or its file does not define one. The message is one line."""
