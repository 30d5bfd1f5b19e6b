"""Task chosen by the user: dropout, which has rules of its own, or a `Task`.

Nothing here imports NumPy before a task other than dropout is chosen.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropout_core.task.installed import is_installed
from dropout_core.task.named_files import is_named
from dropout_core.task.own_suite import ALWAYS, own_suite, smallest_with
from dropout_core.task.prompt import Clause
from dropout_core.task.unusable import TaskUnusable
from dropout_core.tasks.dropout import SUITE_IDS, SUITES, suite_named, suite_version
from dropout_core.values.task_names import BUILT_IN_TASKS, DROPOUT

if TYPE_CHECKING:
    from dropout_core.sandbox import ReadableFolder
    from dropout_core.task.definition import Task
    from dropout_core.values.config import EvaluationConfig


@dataclass(frozen=True, slots=True)
class ChosenTask:
    """A task, under the name by which it is stored."""

    own: Task | None = None
    """The `Task`; ``None`` for dropout."""

    @property
    def name(self) -> str:
        """What it is called."""
        return DROPOUT if self.own is None else self.own.name

    @property
    def function(self) -> str:
        """Name of the function that answers define."""
        return DROPOUT if self.own is None else self.own.function

    @property
    def opening(self) -> str | None:
        """Beginning of its prompt; dropout's is part of its requirements' wording."""
        return None if self.own is None else self.own.opening

    @property
    def whole_prompt(self) -> str | None:
        """Prompt as its author wrote it; `None` where it is assembled."""
        return None if self.own is None else self.own.whole_prompt

    @property
    def readable(self) -> ReadableFolder | None:
        """Folder that its grader and tools may read in the sandbox; `None` for most tasks."""
        return None if self.own is None else self.own.readable

    @property
    def suites(self) -> tuple[str, ...]:
        """Names of its suites, the easiest first."""
        return tuple(SUITES) if self.own is None else tuple(self.own.suite_ids)

    def suite(self, name: str) -> tuple[Clause, ...]:
        """Requirements of a suite, in the order of its checks.

        Raises:
            UnknownSuite: it has none of this name.
        """
        return suite_named(name) if self.own is None else self.own.suite(name)

    def own_suite(self, base: str, checks: str) -> str:
        """The name of a suite with checks added or left out: ``own_suite("basic", "+dtype,-edge_cases")``.

        Raises:
            UnknownSuite: there is no such suite or check, or the changes are not written so.
        """
        return own_suite(base, checks, self._ids, self._order)

    def named_suite_of(self, suite: str) -> str:
        """The smallest named suite that has all the checks of this one; the hardest where none has.

        Raises:
            UnknownSuite: there is no suite of this name.
        """
        return smallest_with([one.id for one in self.suite(suite) if one.id != ALWAYS], self._ids)

    @property
    def _ids(self) -> Mapping[str, tuple[str, ...]]:
        return SUITE_IDS if self.own is None else self.own.suite_ids

    @property
    def _order(self) -> tuple[str, ...]:
        if self.own is None:
            return SUITE_IDS["hard"]
        return (ALWAYS, *(one.id for one in self.own.requirements))

    def version(self, suite: str) -> int:
        """Version of a suite's rules."""
        return suite_version(suite) if self.own is None else self.own.version

    @property
    def answers(self) -> Path | None:
        """Folder of answers with known verdicts; `None` when there is none, and for dropout's own."""
        return None if self.own is None or self.own.answers is None else Path(self.own.answers)

    @property
    def samples(self) -> Path | None:
        """Replies of the model `sample`; `None` when there are none, and for dropout's own."""
        return None if self.own is None or self.own.samples is None else Path(self.own.samples)

    @property
    def to_grade(self) -> str | Task:
        """The task in the form that a `Grader` takes."""
        return DROPOUT if self.own is None else self.own

    def stored(self) -> dict[str, Any]:
        """Part of an evaluation's configuration that names the task."""
        if self.own is None:
            return {}
        return {
            "task": self.own.name,
            "task_file": None if self.own.path is None else str(self.own.path),
            "task_version": self.own.version,
            "task_digest": self.own.digest,
            "function": self.own.function,
        }


def is_name_of_task(name: str) -> bool:
    """Whether a built-in or installed task has this name."""
    return name.strip() in (DROPOUT, *BUILT_IN_TASKS) or is_installed(name.strip())


def choose_task(name: str) -> ChosenTask:
    """Task with this name, or in the file at this path, which is run if the user has named it.

    Raises:
        TaskUnusable: there is none, or nobody has named it; the message is one line.
    """
    if name.strip() == DROPOUT:
        return ChosenTask()
    if not is_name_of_task(name) and Path(name).exists() and not is_named(name):
        raise TaskUnusable(
            f"only the stored evaluation names the task file {name!r}, which is code; to have it run, name it:"
            f" DROPOUT_TASK={shlex.quote(name)}"
        )
    from dropout_core.task.loading import load_task

    return ChosenTask(load_task(name))


def task_of(config: EvaluationConfig) -> ChosenTask:
    """Task of an evaluation, as its file is now.

    Raises:
        TaskUnusable: there is none any more.
    """
    return choose_task(config.task_file or config.task)


def what_changed(config: EvaluationConfig, now: ChosenTask) -> str | None:
    """Message where a task has changed since the evaluation began, by its file or its version."""
    if now.own is None:
        return None
    is_newer = now.own.version != config.task_version
    if not is_newer and (config.task_file is None or config.task_digest == now.own.digest):
        return None
    version = f", from version {config.task_version} to {now.own.version}" if is_newer else ""
    named = config.task_file or f"the task {config.task}"
    return f"{named} has changed since the evaluation began{version}; it judges as it does now"
