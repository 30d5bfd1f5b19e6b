"""Calls of a task are drawn, and its checks judge the results.

A task's functions are its author's. Errors in them say nothing about the answer, and are never held against it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import numpy as np

from dropout_core.sandbox import Fault, FaultKind, NotReached, SeededGenerator, Watch
from dropout_core.sandbox.function_calls import (
    CallsToMake,
    FunctionCall,
    FunctionObservation,
    FunctionResult,
    LaterValue,
    NotSendable,
    ReturnedValue,
)
from dropout_core.sandbox.printable import printable
from dropout_core.task.call import Call
from dropout_core.task.definition import Task
from dropout_core.task.made import CallFailed, CallNotMade, Made, MadeCall
from dropout_core.task.requirement import RUNS, Requirement
from dropout_core.task.result import CheckResult
from dropout_core.task.sources.line_of_error import line_of
from dropout_core.values.seeds import derived_seed
from dropout_core.verdict.check import Check, CheckStatus
from dropout_core.verdict.evidence import Evidence

T = TypeVar("T")

MOST_CALLS = 2_000
"""Most calls of one requirement."""
A_VALUE = "a value"
"""Expected result, in words, where a call gave none."""
ALL_CALLS = "all calls made"
LONGEST_AS_IT_IS = 1_000
"""Characters of a text that a check gives."""


class TaskFault(Exception):
    """A function of the task itself failed. The message, one line, names file, requirement and error."""


@dataclass(frozen=True, slots=True)
class DrawnCalls:
    """Calls of one grading."""

    task: Task
    requirements: tuple[Requirement, ...]
    calls: tuple[tuple[str, Call], ...]
    """Requirement ids and calls, in the order in which they are made. Those of several requirements are shuffled
    together, so that the position of a call tells next to nothing about it; those of one stay in order."""

    def to_make(self) -> CallsToMake:
        """The calls as the sandbox makes them."""
        watch = {one.id: frozenset(map(Watch, one.watch)) for one in self.requirements}
        made = [
            FunctionCall(
                tuple(_scoped(id_, value) for value in call.args),
                {name: _scoped(id_, value) for name, value in call.kwargs.items()},
                watch[id_],
            )
            for id_, call in self.calls
        ]
        return CallsToMake(self.task.function, made)

    def not_sendable(self, error: NotSendable) -> TaskFault:
        """Message about an argument that is not plain data."""
        id_, call = self.calls[error.call]
        what = str(error).partition("is given ")[2]
        return _fault(
            self.task, id_, f"its draw gives {call.written(self.task.function)} {what}; give plain values"
        )


def _scoped(id_: str, value: Any) -> Any:
    """Generator's name with its requirement's id, so that requirements do not share generators."""
    return _renamed(value, lambda name: f"{id_}/{name}")


def _renamed(value: Any, rename: Callable[[str], str]) -> Any:
    """Plain value with other names for the generators in it."""
    if isinstance(value, SeededGenerator):
        return SeededGenerator(rename(value.name), value.seed)
    if type(value) in (list, tuple):
        return type(value)(_renamed(item, rename) for item in value)
    if type(value) is dict:
        return {key: _renamed(item, rename) for key, item in value.items()}
    return value


def _unscoped(id_: str, result: FunctionResult) -> FunctionResult:
    """Result with the names of generators as the requirement wrote them."""
    if not isinstance(result, ReturnedValue):
        return result
    after, later = result.input_after, result.later

    def plain(value: Any) -> Any:
        return _renamed(value, lambda name: name.removeprefix(f"{id_}/"))

    return ReturnedValue(
        plain(result.value),
        after if after is None or isinstance(after, Fault) else (plain(after[0]), plain(after[1])),
        LaterValue(plain(later.value)) if isinstance(later, LaterValue) else later,
    )


def draw_calls(task: Task, suite: str, seed: int) -> DrawnCalls:
    """Calls of a suite. Equal seeds draw equal calls, whatever else is in the suite.

    Raises:
        TaskFault: a `draw` raises, or gives something else than calls.
    """
    requirements = task.suite(suite)
    drawn = {one.id: _drawn(task, one, derived_seed(seed, one.id)) for one in requirements}
    turns = [one.id for one in requirements for _ in drawn[one.id]]
    left = {id_: iter(calls) for id_, calls in drawn.items()}
    order = np.random.default_rng(derived_seed(seed, "order")).permutation(len(turns))
    return DrawnCalls(task, requirements, tuple((turns[at], next(left[turns[at]])) for at in order))


def _drawn(task: Task, requirement: Requirement, seed: int) -> list[Call]:
    rng = np.random.default_rng(seed)

    def draw() -> list[Call]:
        return list(islice(requirement.draw(rng), MOST_CALLS + 1))

    calls = guarded(task, requirement.id, "its draw", draw)
    if len(calls) > MOST_CALLS:
        raise _fault(task, requirement.id, f"its draw gives more than {MOST_CALLS:,} calls")
    for call in calls:
        if not isinstance(call, Call):
            what = printable(type(call).__name__)
            raise _fault(task, requirement.id, f"its draw gives a value of type {what}; yield Call(...)")
    return calls


def judge_calls(drawn: DrawnCalls, observation: FunctionObservation, code: str) -> tuple[Check, ...]:
    """Check of every requirement, in order, whatever the earlier ones found.

    Raises:
        TaskFault: a check raises, or gives no result.
    """
    results: dict[str, list[MadeCall]] = {one.id: [] for one in drawn.requirements}
    for (id_, call), result in zip(drawn.calls, observation.results, strict=True):
        results[id_].append(MadeCall(call, _unscoped(id_, result), drawn.task.function))
    runs, *others = drawn.requirements
    with np.errstate(all="ignore"):
        checks = [_judged(drawn.task, one, Made(tuple(results[one.id]), code), observation) for one in others]
    return (_runs(runs, drawn, observation, checks), *checks)


def judge_shared(task: Task, requirements: Sequence[Requirement], observed: Any) -> tuple[Check, ...]:
    """The check of every requirement of a task whose requirements share their calls, in order; `observed` is what the
    task makes of the results. All are made, whatever the earlier ones found.

    Raises:
        TaskFault: a check raises, or gives no result.
    """
    with np.errstate(all="ignore"):  # about an answer's NaN and infinity NumPy need not warn
        return tuple(_checked(task, one, observed) for one in requirements)


def _judged(task: Task, requirement: Requirement, made: Made, observation: FunctionObservation) -> Check:
    if observation.defining is not None:
        return _check(requirement, CheckResult(CheckStatus.NOT_REACHED, "There was nothing to call."))
    return _checked(task, requirement, made)


def _checked(task: Task, requirement: Requirement, seen: Any) -> Check:
    """What the requirement's check says of what it is given."""

    def check() -> CheckResult:
        try:
            found = requirement.check(seen)
        except CallFailed as failed:
            return _call_failed(failed)
        except CallNotMade as missing:
            return CheckResult(CheckStatus.NOT_REACHED, f"Not every call could be made: {missing}.")
        if not isinstance(found, CheckResult):
            raise TypeError(f"it returned {found!r}; return passed(...), failed(...) or not_reached(...)")
        return found

    return _check(requirement, guarded(task, requirement.id, "its check", check))


def _call_failed(failed: CallFailed) -> CheckResult:
    fault, made = failed.fault, str(failed.made)
    shown = Evidence(made, line=fault.line)
    return CheckResult(CheckStatus.FAILED, f"{made}: {fault}", fault.text, A_VALUE, shown)


def _check(requirement: Requirement, found: CheckResult) -> Check:
    return Check(
        requirement.id,
        requirement.title,
        found.status,
        _one_line(found.message),
        None if found.measured is None else _one_line(found.measured),
        None if found.expected is None else _one_line(found.expected),
        found.evidence,
    )


def _one_line(text: str) -> str:
    """The text as it is, where it is a printable line of some length, as nearly all are; or else made one."""
    return text if len(text) <= LONGEST_AS_IT_IS and text.isprintable() else printable(text)


def _runs(
    requirement: Requirement, drawn: DrawnCalls, observation: FunctionObservation, checks: list[Check]
) -> Check:
    """Check that the function is defined, that its calls keep to the limits, and that not all of them fail."""
    fault = observation.defining or observation.ended or _out_of_memory(observation.results)
    if fault is None and not any(check.status is CheckStatus.PASSED for check in checks):
        fault = _only_faults(observation.results)
    if fault is not None:
        expected = ALL_CALLS if fault is observation.ended else A_VALUE
        shown = None if fault.line is None else Evidence(line=fault.line)
        return _check(requirement, CheckResult(CheckStatus.FAILED, str(fault), "no value", expected, shown))
    return _check(
        requirement,
        CheckResult(
            CheckStatus.PASSED, f"{drawn.task.function} is defined and can be called", A_VALUE, A_VALUE
        ),
    )


def _out_of_memory(results: tuple[FunctionResult, ...]) -> Fault | None:
    return next(
        (one for one in results if isinstance(one, Fault) and one.kind is FaultKind.OUT_OF_MEMORY), None
    )


def _only_faults(results: tuple[FunctionResult, ...]) -> Fault | None:
    """The first fault, where every call that was made ended in one."""
    if any(isinstance(one, ReturnedValue) for one in results):
        return None
    return next((one for one in results if not isinstance(one, NotReached | ReturnedValue)), None)


def reason_of(task: Task, requirement: Requirement, check: Check) -> str:
    """The headline of a check that failed."""
    if task.headline is not None:
        return task.headline(requirement, check)
    if check.expected == A_VALUE and check.id != RUNS:
        return f"{check.title}: {check.measured}" + ("" if check.line is None else f" (line {check.line})")
    return requirement.failure or (check.message if check.id == RUNS else f"{check.title}: {check.message}")


def guarded(task: Task, id_: str, what: str, function: Callable[[], T]) -> T:
    """What the author's function gives.

    Raises:
        TaskFault: it raises.
    """
    try:
        return function()
    except TaskFault:
        raise
    except (Exception, SystemExit) as error:
        line = None if task.path is None else line_of(error, task.path)
        said = str(error)
        text = f"{type(error).__name__}: {said}" if said else type(error).__name__
        where = "" if line is None else f" (line {line})"
        raise _fault(task, id_, f"{what} raised {text}{where}") from error


def _fault(task: Task, id_: str, what: str) -> TaskFault:
    where = f"task {task.name!r}" if task.path is None else str(task.path)
    return TaskFault(printable(f"{where}: requirement {id_!r}: {what}"))
