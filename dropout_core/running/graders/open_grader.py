"""Opening a grader in the best sandbox of this system, or refusing one that is too weak."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from dropout_core.values.task_names import DROPOUT

if TYPE_CHECKING:
    from dropout_core.grading import Grader
    from dropout_core.task import Task


@asynccontextmanager
async def opened_grader(
    suite: str,
    *,
    task: str | Task = DROPOUT,
    allow_weak_sandbox: bool,
    time_limit: float = 10.0,
    clock_limit: float | None = None,
) -> AsyncIterator[Grader]:
    """A grader that is closed afterwards, with its sandbox. Imports NumPy when entered.

    `time_limit` in seconds of processor time for one piece of code, and `clock_limit` in seconds that pass meanwhile,
    six times as many unless given.

    Raises:
        SandboxTooWeak: this system could not be protected from the code, and that is not allowed.
        SandboxBroken: code cannot be run at all.
        UnknownSuite: no suite has this name.
    """
    from dropout_core.grading import Grader
    from dropout_core.sandbox.opening import open_sandbox

    sandbox = await open_sandbox(
        allow_weak=allow_weak_sandbox,
        time_limit=time_limit,
        clock_limit=clock_limit,
        folder=None if isinstance(task, str) else task.readable,
    )
    try:
        async with Grader(suite=suite, task=task, sandbox=sandbox) as grader:
            yield grader
    finally:
        await sandbox.close()
