"""Grading of answers: from code to verdict."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dropout_core.grading.blocking import waited_for
from dropout_core.grading.folder_rules import FolderRules
from dropout_core.grading.malloc import keep_freed_memory
from dropout_core.grading.task_grading import TaskFault
from dropout_core.grading.task_rules import RequirementRules, TaskRules
from dropout_core.sandbox import Sandbox, SandboxBroken
from dropout_core.sandbox.opening import BestSandbox
from dropout_core.sandbox.time_limits import DEFAULT_TIME_LIMIT
from dropout_core.task.definition import Task
from dropout_core.task.sources.grader_folder import GraderFolder
from dropout_core.task.sources.loading import load_task
from dropout_core.tasks.chosen import is_name_of_task
from dropout_core.values.seeds import fresh_seed
from dropout_core.values.task_names import BUILT_IN_TASKS, DROPOUT
from dropout_core.verdict.isolation_levels import NOT_RUN
from dropout_core.verdict.verdict import Check, CheckStatus, Outcome, Verdict

_log = logging.getLogger(__name__)

ALL_PASSED = "All tests passed!"


class Grader:
    """Grades answers to one task by one suite. An async context manager, or call `close`.

    Safe to call concurrently, from any thread and any event loop. A fork of this process grades in a sandbox of its
    own, and so does a copy by pickle; to be copied, the task must be a name, come from a file, or be picklable itself.
    """

    def __init__(
        self,
        suite: str | None = None,
        *,
        task: str | Path | Task = DROPOUT,
        sandbox: Sandbox | None = None,
        time_limit: float = DEFAULT_TIME_LIMIT,
        clock_limit: float | None = None,
        workers: int | None = None,
    ) -> None:
        """`suite` is the task's first unless given: ``basic``, of dropout. `task` is the name of a built-in one, the
        path of a Python file, which is run, or the task itself.

        A given `sandbox` keeps its own limits, and is to be closed by the caller. Without one, the best of this system
        is opened, with a `WeakSandboxWarning` when it does not protect the system from answers.

        `time_limit` is then the processor time, in seconds, that one answer may use, and `clock_limit` the time that
        may pass meanwhile, six times as much unless given. What an answer is kept waiting for a busy processor does
        not count. At most `workers` answers run at once: as many as there are processors, unless given.

        Raises:
            UnknownSuite: the task has no suite of this name.
            TaskUnusable: there is no such task, or its file does not define one.
        """
        self.task = _loaded(task)
        """The task that answers are judged by."""
        self._rules = rules_of(self.task, suite)
        self.suite = self._rules.suite
        """Name of the suite."""
        limits: Any = {"time_limit": time_limit, "clock_limit": clock_limit, "workers": workers}
        self._opened_with = (task, limits)
        self._sandbox: Sandbox = sandbox or BestSandbox(**limits, folder=self.task.readable)
        self._owns_sandbox = sandbox is None
        keep_freed_memory()

    def __reduce__(self) -> tuple[Callable[[], Grader], tuple[()]]:
        """A copy is opened with what this one was.

        Raises:
            TypeError: its sandbox is to be closed by the caller, who alone has it.
        """
        if not self._owns_sandbox:
            raise TypeError("a Grader that was given a sandbox cannot be pickled; leave `sandbox` out")
        given, limits = self._opened_with
        return partial(Grader, self.suite, task=portable(given, self.task), **limits), ()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Release the resources that this grader started. It cannot be used afterwards."""
        if self._owns_sandbox:
            await self._sandbox.close()

    async def grade(self, code: str, seed: int | None = None) -> Verdict:
        """Run the answer on fresh inputs and judge what it returns. No answer makes this raise.

        Equal code and `seed` give equal verdicts, unless the answer reads a clock or the like; without a seed one is
        drawn. When the sandbox itself is broken, or the machine too busy for the answer or out of files or memory, or
        the task's own code raises, the verdict is void and has no checks.
        """
        seed = fresh_seed() if seed is None else seed
        started = time.perf_counter()
        try:
            checks, flags = await self._rules.judged(self._sandbox, code, seed)
        except (SandboxBroken, TaskFault) as error:
            return _void(self._rules, str(error), seed, time.perf_counter() - started)
        except (OSError, MemoryError) as error:  # too few files or too little memory left
            return _not_graded(self._rules, seed, error, time.perf_counter() - started)
        outcome, reason = outcome_of(checks, self._rules.reason)
        return Verdict(
            outcome,
            reason,
            self._rules.suite,
            seed,
            self._sandbox.isolation,
            checks,
            time.perf_counter() - started,
            suite_version=self._rules.version,
            flags=flags,
            task=self._rules.task,
        )


def _void(rules: TaskRules, reason: str, seed: int, seconds: float) -> Verdict:
    return Verdict(
        Outcome.VOID,
        reason,
        rules.suite,
        seed,
        NOT_RUN,
        (),
        seconds,
        suite_version=rules.version,
        task=rules.task,
    )


def _not_graded(rules: TaskRules, seed: int, error: Exception, seconds: float) -> Verdict:
    _log.error("an answer could not be graded", exc_info=error)
    return _void(rules, f"the answer could not be graded: {error or 'no memory'}", seed, seconds)


def rules_of(task: Task, suite: str | None = None) -> TaskRules:
    """The rules of a task.

    Raises:
        UnknownSuite: it has no suite of this name.
    """
    return FolderRules(task, suite) if isinstance(task, GraderFolder) else RequirementRules(task, suite)


def _loaded(task: str | Path | Task) -> Task:
    """The task that is meant by a name or a file, which is run.

    Raises:
        TaskUnusable: there is no such task, or its file does not define one.
    """
    return task if isinstance(task, Task) else load_task(task)


def portable(given: str | Path | Task, task: Task) -> str | Task:
    """The task as another process finds it: by its name, or the path of its file, or else as it is."""
    if isinstance(given, str) and is_name_of_task(given):
        return given
    if task.path is not None:
        return str(task.path)
    is_built_in = task.name in BUILT_IN_TASKS and load_task(task.name).requirements == task.requirements
    return task.name if is_built_in else task


def outcome_of(checks: tuple[Check, ...], reason: Callable[[Check], str]) -> tuple[Outcome, str]:
    """The outcome and its reason."""
    for check in checks:
        if check.status is CheckStatus.FAILED:
            return Outcome.FAILED, reason(check)
    if any(check.status is not CheckStatus.PASSED for check in checks):
        return Outcome.FAILED, "Not every check could be made"
    return Outcome.PASSED, ALL_PASSED


def grade(
    code: str,
    suite: str | None = None,
    seed: int | None = None,
    *,
    task: str | Path | Task = DROPOUT,
    time_limit: float = DEFAULT_TIME_LIMIT,
    clock_limit: float | None = None,
) -> Verdict:
    """Grade one answer and wait for the verdict. For many, a `Grader` is quicker. See `Grader.grade`, which raises as
    little.

    May be called where an event loop is running, which it then blocks.

    Raises:
        UnknownSuite: the task has no suite of this name.
        TaskUnusable: there is no such task, or its file does not define one.
    """
    task = _loaded(task)
    rules = rules_of(task, suite)
    seed = fresh_seed() if seed is None else seed

    async def once() -> Verdict:
        async with Grader(suite, task=task, time_limit=time_limit, clock_limit=clock_limit) as grader:
            return await grader.grade(code, seed)

    work = once()
    try:
        return waited_for(work)
    except (OSError, MemoryError, SandboxBroken) as error:  # too little left even for an event loop
        return _not_graded(rules, seed, error, 0.0)
    finally:
        work.close()
