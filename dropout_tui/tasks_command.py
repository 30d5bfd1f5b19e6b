"""``dropout-tui tasks``: the tasks that come with the program."""

from __future__ import annotations

import json

from dropout_core.task_names import BUILT_IN_TASKS, DROPOUT
from dropout_core.tasks.chosen import choose_task


def list_tasks(*, as_json: bool) -> int:
    """Print a line for each task: its name, what it is about, and its suites with the number of their checks."""
    for name in (DROPOUT, *BUILT_IN_TASKS):
        task = choose_task(name)
        suites = {suite: [clause.id for clause in task.suite(suite)] for suite in task.suites}
        opening = task.opening or "Implement dropout from scratch in NumPy."
        if as_json:
            about = {"function": task.function, "opening": opening}
            print(json.dumps({"type": "task", "name": name, **about, "suites": suites}))
        else:
            checks = ", ".join(f"{suite} ({len(ids)} checks)" for suite, ids in suites.items())
            print(f"{name:14} {opening}\n{'':14} {checks}")
    return 0
