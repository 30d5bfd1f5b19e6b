"""Grading of answers: from code to verdict."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from dropout_core.grading.folder_rules import FolderRules
from dropout_core.grading.malloc import keep_freed_memory
from dropout_core.grading.task_grading import TaskFault
from dropout_core.grading.task_rules import Judged, RequirementRules, TaskRules
from dropout_core.sandbox import Observation, Prepared, Sandbox, SandboxBroken
from dropout_core.sandbox.opening import BestSandbox
from dropout_core.sandbox.processes.threads import submitted
from dropout_core.sandbox.time_limits import DEFAULT_TIME_LIMIT
from dropout_core.static_analysis.flags import flags_of
from dropout_core.task.definition import Task
from dropout_core.task.grader_folder import GraderFolder
from dropout_core.task.loading import load_task
from dropout_core.task.requirement import Requirement
from dropout_core.tasks.dropout import suite_named, suite_version
from dropout_core.tasks.dropout.checks import CHECKS
from dropout_core.tasks.dropout.observations.finding import AN_ARRAY, AS_RETURNED, MASKED_X, Finding, failed
from dropout_core.tasks.dropout.observations.missing_results import ALL_CALLS, headline_of
from dropout_core.tasks.dropout.observations.observed import Observed
from dropout_core.tasks.dropout.probes import Probes, draw_probes
from dropout_core.values.seeds import derived_seed, fresh_seed
from dropout_core.values.task_names import DROPOUT
from dropout_core.verdict.isolation_levels import NOT_RUN
from dropout_core.verdict.verdict import Check, CheckStatus, Outcome, Verdict

_log = logging.getLogger(__name__)

ALL_PASSED = "All tests passed!"


class Grader:
    """Grades answers to one task by one suite. Safe to call concurrently; an async context manager, or call `close`."""

    def __init__(
        self,
        suite: str | None = None,
        *,
        task: str | Path | Task = DROPOUT,
        sandbox: Sandbox | None = None,
        time_limit: float = DEFAULT_TIME_LIMIT,
        clock_limit: float | None = None,
    ) -> None:
        """`suite` is the task's first unless given: ``basic``, of dropout. `task` is the name of a built-in one, the
        path of a Python file, which is run, or the task itself.

        A given `sandbox` keeps its own limits, and is to be closed by the caller. Without one, the best of this system
        is opened, with a `WeakSandboxWarning` when it does not protect the system from answers.

        `time_limit` is then the processor time, in seconds, that one answer may use, and `clock_limit` the time that
        may pass meanwhile, six times as much unless given. What an answer is kept waiting for a busy processor does
        not count.

        Raises:
            UnknownSuite: the task has no suite of this name.
            TaskUnusable: there is no such task, or its file does not define one.
        """
        task = loaded(task)
        self._rules = rules_of(task, suite)
        self._sandbox: Sandbox = sandbox or BestSandbox(
            time_limit=time_limit,
            clock_limit=clock_limit,
            folder=task.readable if isinstance(task, Task) else None,
        )
        self._owns_sandbox = sandbox is None
        keep_freed_memory()

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
        outcome, reason = _outcome(checks, self._rules.reason)
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


class DropoutRules:
    """Rules of the dropout task, whose checks share their calls and know each other's findings."""

    task = DROPOUT
    """See `TaskRules.task`."""

    def __init__(self, suite: str | None = None) -> None:
        """`suite` is ``basic`` unless given.

        Raises:
            UnknownSuite: there is none of this name.
        """
        self.suite = "basic" if suite is None else suite
        """See `TaskRules.suite`."""
        self._requirements = suite_named(self.suite)
        self._ids = frozenset(requirement.id for requirement in self._requirements)
        self.version = suite_version(self.suite)
        """See `TaskRules.version`."""

    async def judged(self, sandbox: Sandbox, code: str, seed: int) -> Judged:
        """See `TaskRules.judged`."""

        def prepared() -> Prepared[Judged]:
            probes = draw_probes(derived_seed(seed, "inputs"), self._ids)
            return probes.calls, lambda observed: (
                judge(self._requirements, probes, observed, code),
                flags_of(code),
            )

        return await sandbox.call_prepared(code, prepared, seed=derived_seed(seed, "answer"))

    def reason(self, failed: Check) -> str:
        """See `TaskRules.reason`."""
        return _reason(next(one for one in self._requirements if one.id == failed.id), failed)


def loaded(task: str | Path | Task) -> str | Task:
    """Task with this name or file, which is run; dropout is its name.

    Raises:
        TaskUnusable: there is no such task, or its file does not define one.
    """
    if isinstance(task, Task):
        return task
    return DROPOUT if str(task) == DROPOUT else load_task(task)


def rules_of(task: str | Path | Task, suite: str | None = None) -> TaskRules:
    """Rules of a task, given by its name, its file, or the task itself.

    Raises:
        TaskUnusable: there is no such task, or its file does not define one.
        UnknownSuite: it has no suite of this name.
    """
    meant = loaded(task)
    if isinstance(meant, GraderFolder):
        return FolderRules(meant, suite)
    return RequirementRules(meant, suite) if isinstance(meant, Task) else DropoutRules(suite)


def judge(
    requirements: tuple[Requirement, ...], probes: Probes, observation: Observation, code: str = ""
) -> tuple[Check, ...]:
    """Check of every requirement, in order, whatever the earlier ones found.

    `code` is only used by the check of its imports.
    """
    observed = Observed(probes, observation, code)
    with np.errstate(all="ignore"):  # no warnings about NaN and infinity in an answer
        return tuple(_named(requirement, observed).under(requirement) for requirement in requirements)


def _named(requirement: Requirement, observed: Observed) -> Finding:
    """Finding of the requirement's check, made known to the later checks."""
    finding = _found(requirement, observed)
    observed.name(requirement.id, finding)
    return finding


def _found(requirement: Requirement, observed: Observed) -> Finding:
    """Finding of the requirement's check. Values that it cannot calculate with are not those of a right answer, so they
    fail it: an answer cannot end its grading without a verdict."""
    try:
        return CHECKS[requirement.id](observed)
    except (ArithmeticError, ValueError) as error:
        _log.exception("the check %s could not judge an output", requirement.id)
        return failed(
            f"The output cannot be calculated with ({error})", "no finite numbers", "finite numbers"
        )


def headline(requirements: tuple[Requirement, ...], checks: tuple[Check, ...]) -> tuple[Outcome, str]:
    """Outcome and reason: the first check that failed, in its requirement's words, or in those of the failure where a
    call gave no array, or something other than x."""
    named = {requirement.id: requirement for requirement in requirements}
    return _outcome(checks, lambda failed: _reason(named[failed.id], failed))


def _outcome(checks: tuple[Check, ...], reason: Callable[[Check], str]) -> tuple[Outcome, str]:
    for check in checks:
        if check.status is CheckStatus.FAILED:
            return Outcome.FAILED, reason(check)
    if any(check.status is not CheckStatus.PASSED for check in checks):
        return Outcome.FAILED, "Not every check could be made"
    return Outcome.PASSED, ALL_PASSED


def _reason(requirement: Requirement, check: Check) -> str:
    if requirement.id == "runs":
        return headline_of(check.message) if check.expected == ALL_CALLS else check.message
    if check.expected == AS_RETURNED:
        return "An array that was returned is changed by a later call"
    if check.expected == MASKED_X:
        return f"dropout returns {check.measured}, not {MASKED_X}"
    if check.expected != AN_ARRAY:
        return requirement.failure
    return f"{check.title}: {check.measured}" + ("" if check.line is None else f" (line {check.line})")


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
    task = loaded(task)
    rules = rules_of(task, suite)
    seed = fresh_seed() if seed is None else seed

    async def once() -> Verdict:
        async with Grader(suite, task=task, time_limit=time_limit, clock_limit=clock_limit) as grader:
            return await grader.grade(code, seed)

    work = once()
    try:
        return _waited_for(work)
    except (OSError, MemoryError, SandboxBroken) as error:  # too little left even for an event loop
        return _not_graded(rules, seed, error, 0.0)
    finally:
        work.close()


def _waited_for(work: Coroutine[Any, Any, Verdict]) -> Verdict:
    """Result of `work`, run in an event loop of its own; in a thread of its own when this one has a loop already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return submitted(thread, asyncio.run, work).result()
