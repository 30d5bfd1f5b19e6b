"""The task files that the user has named, now or earlier: only those are run."""

from __future__ import annotations

from dropout_core.task.sources.named_files import name_task_file
from dropout_core.tasks.chosen import is_name_of_task
from dropout_core.values.task_names import DROPOUT
from dropout_tui.settings.config_file import Settings
from dropout_tui.settings.kept_names import KeptNames

_KEPT = KeptNames("tasks.json")


def name_tasks(settings: Settings) -> None:
    """Allow the task file of the command line, the environment or the user's settings to be run; save its name.

    Files named so earlier may be run too, so that their evaluations can be resumed.
    """
    for earlier in _KEPT.read():
        name_task_file(earlier)
    name_task(settings.texts.get("task", DROPOUT))


def name_task(text: str) -> None:
    """Let one task file be run that the user names; keep its name."""
    task = text.strip()
    if task and not is_name_of_task(task):
        _KEPT.add(name_task_file(task))
