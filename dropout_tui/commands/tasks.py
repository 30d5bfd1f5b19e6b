"""``dropout-tui tasks``: lists the tasks of the program and of installed packages."""

from __future__ import annotations

import json

from dropout_core.task.sources.installed import installed_tasks
from dropout_core.tasks.chosen import choose_task
from dropout_core.values.task_names import BUILT_IN_TASKS


def list_tasks(*, as_json: bool) -> int:
    """Print two lines for each task: its name, what it is about, and its suites with the number of their checks.

    For tasks of installed packages, whose code is not run for this, it prints name and package.
    """
    for name in BUILT_IN_TASKS:
        task = choose_task(name)
        suites = {suite: [clause.id for clause in task.suite(suite)] for suite in task.suite_names}
        opening = task.opening_at()
        if as_json:
            about = {"function": task.function, "opening": opening}
            print(json.dumps({"type": "task", "name": name, **about, "suites": suites}))
        else:
            checks = ", ".join(f"{suite} ({len(ids)} checks)" for suite, ids in suites.items())
            print(f"{name:14} {opening}\n{'':14} {checks}")
    for installed in installed_tasks():
        if as_json:
            print(json.dumps({"type": "task", "name": installed.name, "package": installed.package}))
        else:
            print(f"{installed.name:14} Of the installed package {installed.package}.")
    return 0
