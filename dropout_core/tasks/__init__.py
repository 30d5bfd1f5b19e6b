"""The tasks that come with the program, each in a folder of its own."""

DROPOUT = "dropout"
"""The one that is judged by rules of its own."""
BUILT_IN_TASKS = ("softmax", "layer_norm", "clean_records")
"""The others: modules of this package with a `task`."""
