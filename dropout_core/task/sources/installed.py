"""Tasks of installed packages: entry points of the group ``dropout_tui.tasks``.

    [project.entry-points."dropout_tui.tasks"]
    my_task = "my_package.my_module:task"

To install a package is to trust it, but its code runs only where its task is asked for: listing runs none.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from dropout_core.task.unusable import TaskUnusable
from dropout_core.values.task_names import BUILT_IN_TASKS

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from dropout_core.task.definition import Task

GROUP = "dropout_tui.tasks"


@dataclass(frozen=True, slots=True)
class InstalledTask:
    """Name of a task, and the package that defines it."""

    name: str
    package: str
    """Package with its version: ``"my-package 1.2"``."""


def installed_tasks() -> tuple[InstalledTask, ...]:
    """Tasks of other packages, by name. Names of the program's own tasks are never theirs."""
    return tuple(InstalledTask(name, _package(entry)) for name, entry in sorted(_entries().items()))


def is_installed(name: str) -> bool:
    """Whether a package defines a task with this name."""
    return name in _entries()


def installed_task(name: str) -> tuple[Task, Path | None]:
    """The task, and the file that defines it, if there is one.

    Raises:
        TaskUnusable: it cannot be loaded, or is none; the message is one line.
    """
    from dropout_core.task.definition import Task

    entry = _entries()[name]
    where = f"the task {name} of {_package(entry)}"
    try:
        found = entry.load()
    except (Exception, SystemExit) as error:  # anything that the code of another package raises
        told = f"{type(error).__name__}: {error}".rstrip(": ")
        raise TaskUnusable(f"{where} cannot be loaded: {' '.join(told.split())}") from error
    if isinstance(found, ModuleType):
        found = getattr(found, "task", None)
    if not isinstance(found, Task):
        raise TaskUnusable(f"{where} is of type {type(found).__name__}; {entry.value} must be a Task")
    if found.name != name:
        raise TaskUnusable(f"{where} calls itself {found.name}; give the entry point the same name")
    file = getattr(sys.modules.get(entry.module), "__file__", None)
    return found, None if file is None else Path(file)


def _entries() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points  # imported when first needed, as it is slow

    return {entry.name: entry for entry in entry_points(group=GROUP) if entry.name not in BUILT_IN_TASKS}


def _package(entry: EntryPoint) -> str:
    return "an unknown package" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"
