"""Trials that ended alike: failures by their first failing check, then by the shape of the code.

Code that does not run is alike by what it raised instead, whatever its shape.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from dropout_core.state.trial_state import Status, TrialState
from dropout_core.static_analysis.code_shape import code_shape
from dropout_core.verdict.verdict import Outcome

RUNS = "runs"
"""The check that fails by what happened, not by what came back."""
_LINE = re.compile(r" \(line \d+\)$")
_RAISED = re.compile(r"^(Not allowed in the sandbox: )?\w*(Error|Exception|Warning)\w*: ")
_NUMBER = re.compile(r"(?<![\w.])\d+(\.\d+)?(?![\w.])")


class Kind(IntEnum):
    """How a trial stands, in the order groups are listed."""

    FAILED = 0
    VOID = 1
    PASSED = 2
    OPEN = 3
    """Nothing counts yet."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a trial stands as it does."""

    kind: Kind
    failing: str = ""
    """The verdict's cause; empty unless it failed."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Failures of one cause whose code has one shape; under `RUNS`, that ended with one exception."""

    shape: str
    """Or the exception, without its figures."""
    trials: tuple[TrialState, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The trials of one cause."""

    cause: Cause
    alike: tuple[Alike, ...]
    """Those of which there are two or more, the most frequent first."""
    others: tuple[TrialState, ...]
    """The rest: each is the only one of its shape, or its exception."""

    @property
    def trials(self) -> tuple[TrialState, ...]:
        """All of them."""
        return (*(trial for few in self.alike for trial in few.trials), *self.others)

    def __len__(self) -> int:
        return sum(len(few.trials) for few in self.alike) + len(self.others)


def cause_of(trial: TrialState) -> Cause:
    """Judged by the attempt that counts, as the pass rate is."""
    counted = trial.counted
    if counted is not None and counted.verdict is not None:
        if counted.verdict.outcome is Outcome.PASSED:
            return Cause(Kind.PASSED)
        return Cause(Kind.FAILED, counted.verdict.cause or "")
    return Cause(Kind.VOID if trial.status is Status.VOID else Kind.OPEN)


def failing_code(trial: TrialState) -> str | None:
    """The code of the counted failure; ``None`` when there is no failure, or no code."""
    counted = trial.counted
    if counted is None or counted.verdict is None or counted.verdict.outcome is not Outcome.FAILED:
        return None
    return counted.code


def what_ended(trial: TrialState) -> str | None:
    """What the counted failure says, but for the line, and for the figures that its exception names, which are those of
    inputs drawn afresh."""
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
