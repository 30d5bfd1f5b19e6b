"""The names of the tasks that come with the program."""

DROPOUT = "dropout"
"""The one that is judged by rules of its own."""
BUILT_IN_TASKS = ("softmax", "layer_norm", "clean_records")
"""The others: modules of `dropout_core.tasks`, each with a `task`."""


def asked(task: str, suite: str) -> str:
    """The suite, after the name of a task other than dropout: ``"basic"``, ``"softmax basic"``."""
    return suite if task == DROPOUT else f"{task} {suite}"
