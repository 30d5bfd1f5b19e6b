"""Names of the built-in tasks."""

DROPOUT = "dropout"
"""The one that is meant where none is named."""
BUILT_IN_TASKS = (DROPOUT, "softmax", "layer_norm", "clean_records")
"""All of them: modules of `dropout_core.tasks`, each with a `task`."""


def asked(task: str, suite: str) -> str:
    """Suite, preceded by the name of a task other than dropout: ``"basic"``, ``"softmax basic"``."""
    return suite if task == DROPOUT else f"{task} {suite}"
