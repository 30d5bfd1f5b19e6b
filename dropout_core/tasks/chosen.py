"""The task that the user chose, by its name or its file.

Nothing here imports NumPy before a task other than dropout is chosen.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from dropout_core.task.sources.installed import is_installed
from dropout_core.task.sources.named_files import is_named
from dropout_core.task.unusable import TaskUnusable
from dropout_core.values.task_names import BUILT_IN_TASKS

if TYPE_CHECKING:
    from dropout_core.task.definition import Task
    from dropout_core.values.config import EvaluationConfig


def is_name_of_task(name: str) -> bool:
    """Whether a task that comes with the program, or with an installed package, is called so."""
    return name.strip() in BUILT_IN_TASKS or is_installed(name.strip())


def choose_task(name: str) -> Task:
    """The task of this name, or of the file at this path, which is run if the user has named it.

    Raises:
        TaskUnusable: there is none, or nobody has named it; the message is one line.
    """
    if not is_name_of_task(name) and Path(name).exists() and not is_named(name):
        raise TaskUnusable(
            f"only the stored evaluation names the task file {name!r}, which is code; to have it run, name it:"
            f" DROPOUT_TASK={shlex.quote(name)}"
        )
    from dropout_core.task.sources.loading import load_task

    return load_task(name.strip() if is_name_of_task(name) else name)


def task_of(config: EvaluationConfig) -> Task:
    """The task of an evaluation, as its file is now.

    Raises:
        TaskUnusable: there is none any more.
    """
    return choose_task(config.task_file or config.task)


def what_changed(config: EvaluationConfig, now: Task) -> str | None:
    """What to say where a task is not what it was when the evaluation began: by its file, or else its version."""
    is_newer = config.task_version not in (0, now.version)
    if not is_newer and (config.task_file is None or config.task_digest == now.digest):
        return None
    version = f", from version {config.task_version} to {now.version}" if is_newer else ""
    named = config.task_file or f"the task {config.task}"
    return f"{named} has changed since the evaluation began{version}; it judges as it does now"
