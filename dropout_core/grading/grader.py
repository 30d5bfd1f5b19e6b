"""From code to verdict."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

import numpy as np

from dropout_core.grading.checks import CHECKS
from dropout_core.grading.cut_short import ALL_CALLS, headline_of
from dropout_core.grading.finding import AN_ARRAY, AS_RETURNED, MASKED_X, Finding, failed
from dropout_core.grading.flags import flags_of
from dropout_core.grading.kept_memory import keep_freed_memory
from dropout_core.grading.observed import Observed
from dropout_core.grading.probes import Probes, draw_probes
from dropout_core.isolation_levels import NOT_RUN
from dropout_core.requirements import SUITE_VERSIONS, Requirement, suite_named
from dropout_core.sandbox import Observation, Prepared, Sandbox, SandboxBroken
from dropout_core.sandbox.opening import BestSandbox
from dropout_core.sandbox.threads import submitted
from dropout_core.sandbox.time_limits import DEFAULT_TIME_LIMIT
from dropout_core.seeds import derived_seed, fresh_seed
from dropout_core.verdict import Check, CheckStatus, Flag, Outcome, Verdict

_log = logging.getLogger(__name__)

ALL_PASSED = "All tests passed!"


class Grader:
    """Grades answers by one suite. Safe to call concurrently; an async context manager, or call `close`."""

    def __init__(
        self,
        suite: str = "basic",
        *,
        sandbox: Sandbox | None = None,
        time_limit: float = DEFAULT_TIME_LIMIT,
        clock_limit: float | None = None,
    ) -> None:
        """A `sandbox` that is given stays the caller's to close, and has its own limits. Without one, the best that
        this system has is made, with a `WeakSandboxWarning` when it does not protect the system from answers.

        `time_limit` is then the processor time, in seconds, that one answer may use, and `clock_limit` the time that
        may pass meanwhile, six times as much unless given. What an answer is kept waiting for a busy processor does
        not count.

        Raises:
            UnknownSuite: no suite has this name.
        """
        self._suite = suite
        self._requirements = suite_named(suite)
        self._sandbox: Sandbox = sandbox or BestSandbox(time_limit=time_limit, clock_limit=clock_limit)
        self._ids = frozenset(requirement.id for requirement in self._requirements)
        self._owns_sandbox = sandbox is None
        keep_freed_memory()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give back what this grader started. It is not used afterwards."""
        if self._owns_sandbox:
            await self._sandbox.close()

    async def grade(self, code: str, seed: int | None = None) -> Verdict:
        """Run the answer on fresh inputs and judge what it returns. No answer makes this raise.

        Equal code and `seed` give equal verdicts, unless the answer reads a clock or the like; without a seed one is
        drawn. When the sandbox itself is broken, or the machine too busy for the answer or out of files or memory,
        the verdict is void and has no checks.
        """
        seed = fresh_seed() if seed is None else seed
        started = time.perf_counter()

        def prepared() -> Prepared[tuple[tuple[Check, ...], tuple[Flag, ...]]]:
            probes = draw_probes(derived_seed(seed, "inputs"), self._ids)
            return probes.calls, lambda observed: (
                judge(self._requirements, probes, observed, code),
                flags_of(code),
            )

        try:
            checks, flags = await self._sandbox.call_prepared(
                code, prepared, seed=derived_seed(seed, "answer")
            )
        except SandboxBroken as error:
            seconds = time.perf_counter() - started
            return self._verdict(Outcome.VOID, str(error), seed, NOT_RUN, (), (), seconds)
        except (OSError, MemoryError) as error:  # of files or memory this machine has too few left
            return _not_graded(self._suite, seed, error, time.perf_counter() - started)
        outcome, reason = headline(self._requirements, checks)
        seconds = time.perf_counter() - started
        return self._verdict(outcome, reason, seed, self._sandbox.isolation, checks, flags, seconds)

    def _verdict(
        self,
        outcome: Outcome,
        reason: str,
        seed: int,
        isolation: str,
        checks: tuple[Check, ...],
        flags: tuple[Flag, ...],
        seconds: float,
    ) -> Verdict:
        version = SUITE_VERSIONS[self._suite]
        return Verdict(
            outcome, reason, self._suite, seed, isolation, checks, seconds, suite_version=version, flags=flags
        )


def _not_graded(suite: str, seed: int, error: Exception, seconds: float) -> Verdict:
    _log.error("an answer could not be graded", exc_info=error)
    reason = f"the answer could not be graded: {error or 'no memory'}"
    return Verdict(
        Outcome.VOID, reason, suite, seed, NOT_RUN, (), seconds, suite_version=SUITE_VERSIONS[suite]
    )


def judge(
    requirements: tuple[Requirement, ...], probes: Probes, observation: Observation, code: str = ""
) -> tuple[Check, ...]:
    """The check of every requirement, in order. All are made, whatever the earlier ones found.

    `code` is read by the check of what it imports, and by no other.
    """
    observed = Observed(probes, observation, code)
    with np.errstate(all="ignore"):  # about an answer's NaN and infinity NumPy need not warn
        return tuple(_named(requirement, observed).under(requirement) for requirement in requirements)


def _named(requirement: Requirement, observed: Observed) -> Finding:
    """What the requirement's check finds, of which the later checks know."""
    finding = _found(requirement, observed)
    observed.name(requirement.id, finding)
    return finding


def _found(requirement: Requirement, observed: Observed) -> Finding:
    """What the requirement's check finds. Values of a kind that it cannot calculate with are no right answer's, so they
    fail it: nothing that an answer returns may end its grading without a verdict."""
    try:
        return CHECKS[requirement.id](observed)
    except (ArithmeticError, ValueError) as error:
        _log.exception("the check %s could not judge an output", requirement.id)
        return failed(
            f"The output cannot be calculated with ({error})", "no finite numbers", "finite numbers"
        )


def headline(requirements: tuple[Requirement, ...], checks: tuple[Check, ...]) -> tuple[Outcome, str]:
    """The outcome and its reason: the first check that failed, by its requirement's words, or by what happened where a
    call gave no array, or something else than x."""
    for requirement, check in zip(requirements, checks, strict=True):
        if check.status is CheckStatus.FAILED:
            return Outcome.FAILED, _reason(requirement, check)
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
    line = None if check.evidence is None else check.evidence.line
    return f"{check.title}: {check.measured}" + ("" if line is None else f" (line {line})")


def grade(
    code: str,
    suite: str = "basic",
    seed: int | None = None,
    *,
    time_limit: float = DEFAULT_TIME_LIMIT,
    clock_limit: float | None = None,
) -> Verdict:
    """Grade one answer and wait for the verdict. For many, a `Grader` is quicker. See `Grader.grade`, which raises as
    little.

    May be called where an event loop is running, which it then blocks.

    Raises:
        UnknownSuite: no suite has this name.
    """

    suite_named(suite)
    seed = fresh_seed() if seed is None else seed

    async def once() -> Verdict:
        async with Grader(suite, time_limit=time_limit, clock_limit=clock_limit) as grader:
            return await grader.grade(code, seed)

    work = once()
    try:
        return _waited_for(work)
    except (OSError, MemoryError, SandboxBroken) as error:  # not even for an event loop is there enough left
        return _not_graded(suite, seed, error, 0.0)
    finally:
        work.close()


def _waited_for(work: Coroutine[Any, Any, Verdict]) -> Verdict:
    """Run `work` in an event loop of its own; in a thread of its own when this one has a loop already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return submitted(thread, asyncio.run, work).result()
