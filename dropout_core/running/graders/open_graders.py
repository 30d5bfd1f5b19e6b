"""Opening graders of one task by several of its suites, in one sandbox of this system."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dropout_core.grading.task_grader import Graders, TaskGrader
    from dropout_core.sandbox import Sandbox
    from dropout_core.task import Task

AT_ONCE = 8
"""Answers that wait for a worker, or have one: enough to keep those of most machines busy."""


@asynccontextmanager
async def opened_graders(task: Task, *, allow_weak_sandbox: bool) -> AsyncIterator[Graders]:
    """Graders whose sandbox is closed afterwards. Imports NumPy when entered.

    Raises:
        SandboxTooWeak: this system could not be protected from the code, and that is not allowed.
        SandboxBroken: code cannot be run at all.
    """
    from dropout_core.sandbox.opening import open_sandbox

    sandbox = await open_sandbox(allow_weak=allow_weak_sandbox, folder=task.readable)
    try:
        yield _InOneSandbox(task, sandbox)
    finally:
        await sandbox.close()


class _InOneSandbox:
    """A grader for each suite, in one sandbox."""

    at_once = AT_ONCE

    def __init__(self, task: Task, sandbox: Sandbox) -> None:
        self._task, self._sandbox = task, sandbox
        self._made: dict[str, TaskGrader] = {}

    def of(self, suite: str) -> TaskGrader:
        from dropout_core.grading import Grader

        if suite not in self._made:
            self._made[suite] = Grader(suite, task=self._task, sandbox=self._sandbox)
        return self._made[suite]
