"""Groups of trials that ended alike: failures by first failing check, then by the shape of their code.

Code that does not run is grouped by its exception instead, whatever its shape.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from dropout_core.state.trial_state import Status, TrialState
from dropout_core.static_analysis.code_shape import code_shape
from dropout_core.task.requirement import RUNS
from dropout_core.verdict.verdict import Outcome

_LINE = re.compile(r" \(line \d+\)$")
_RAISED = re.compile(r"^(Not allowed in the sandbox: )?\w*(Error|Exception|Warning)\w*: ")
_NUMBER = re.compile(r"(?<![\w.])\d+(\.\d+)?(?![\w.])")


class Kind(IntEnum):
    """Outcome of a trial, in the order in which groups are listed."""

    FAILED = 0
    VOID = 1
    PASSED = 2
    OPEN = 3
    """No attempt counts yet."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Outcome of a trial, and why it failed."""

    kind: Kind
    failing: str = ""
    """The verdict's cause; empty unless it failed."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Failures of one cause whose code has the same shape; under `RUNS`, failures with the same exception."""

    shape: str
    """Shape of the code, or the exception without its numbers."""
    trials: tuple[TrialState, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """All trials of one cause."""

    cause: Cause
    alike: tuple[Alike, ...]
    """Sets of two or more similar failures, the most frequent first."""
    others: tuple[TrialState, ...]
    """The remaining trials, each the only one with its shape or exception."""

    @property
    def trials(self) -> tuple[TrialState, ...]:
        """All trials of the group."""
        return (*(trial for few in self.alike for trial in few.trials), *self.others)

    def __len__(self) -> int:
        return sum(len(few.trials) for few in self.alike) + len(self.others)


def cause_of(trial: TrialState) -> Cause:
    """Cause of a trial, judged by the attempt that counts, as for the pass rate."""
    counted = trial.counted
    if counted is not None and counted.verdict is not None:
        if counted.verdict.outcome is Outcome.PASSED:
            return Cause(Kind.PASSED)
        return Cause(Kind.FAILED, counted.verdict.cause or "")
    return Cause(Kind.VOID if trial.status is Status.VOID else Kind.OPEN)


def failing_code(trial: TrialState) -> str | None:
    """Code of the counted failure; ``None`` when there is no failure, or no code."""
    counted = trial.counted
    if counted is None or counted.verdict is None or counted.verdict.outcome is not Outcome.FAILED:
        return None
    return counted.code


def what_ended(trial: TrialState) -> str | None:
    """Headline of the counted failure, without its line number and without the numbers in an exception, which depend on
    randomly drawn inputs."""
    counted = trial.counted
    if counted is None or counted.verdict is None:
        return None
    said = _LINE.sub("", counted.verdict.reason)
    return _NUMBER.sub("…", said) if _RAISED.match(said) else said


def grouped(
    trials: Iterable[TrialState], shape_of: Callable[[str], str | None] = code_shape
) -> tuple[Group, ...]:
    """`trials` by cause, the most frequent failure first, then voids, passes and what is still open.

    Within a group the trials keep their order. `shape_of` may answer ``None`` for "not known yet".
    """
    by_cause: dict[Cause, list[TrialState]] = {}
    for trial in trials:
        by_cause.setdefault(cause_of(trial), []).append(trial)
    groups = [_group(cause, members, shape_of) for cause, members in by_cause.items()]
    return tuple(sorted(groups, key=lambda group: (group.cause.kind, -len(group), group.cause.failing)))


def _group(cause: Cause, trials: Sequence[TrialState], shape_of: Callable[[str], str | None]) -> Group:
    if cause.kind is not Kind.FAILED:
        return Group(cause, (), tuple(trials))
    if cause.failing == RUNS:
        shapes = [what_ended(trial) for trial in trials]
    else:
        codes = (failing_code(trial) for trial in trials)
        shapes = [None if code is None else shape_of(code) for code in codes]
    often = [shape for shape, times in Counter(shapes).most_common() if shape is not None and times > 1]
    members: dict[str | None, list[TrialState]] = {shape: [] for shape in often}
    others: list[TrialState] = []
    for trial, shape in zip(trials, shapes, strict=True):
        members.get(shape, others).append(trial)
    return Group(cause, tuple(Alike(shape, tuple(members[shape])) for shape in often), tuple(others))
