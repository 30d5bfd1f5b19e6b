"""Verdict of a grading, and outcome of an attempt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

from dropout_core.values.stored.compact_json import dump
from dropout_core.values.stored.value import fields_reader, sequence_of
from dropout_core.values.task_names import DROPOUT, asked
from dropout_core.verdict.check import Check, CheckStatus
from dropout_core.verdict.flag import Flag
from dropout_core.verdict.packed_checks import PackedChecks, checks_json_text, checks_to_json

__all__ = ["Check", "CheckStatus", "Flag", "Grading", "Outcome", "Verdict"]


class Outcome(StrEnum):
    """Outcome of an attempt."""

    PASSED = "passed"
    FAILED = "failed"
    VOID = "void"
    """The attempt says nothing about the model: the API gave up, the sandbox broke, the user cancelled."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks of one attempt, plus the headline reason."""

    outcome: Outcome
    reason: str
    """The headline: ``"All tests passed!"``, the first failing check, or why there was nothing to check."""
    suite: str
    seed: int
    """Seed of everything random in this grading."""
    isolation: str
    """Isolation of the code while it ran, or ``"not run"``."""
    checks: Sequence[Check] = ()
    """A tuple, or packed checks. `statuses` does not unpack them."""
    seconds: float = 0.0
    """Wall time of the grading."""
    cause: str | None = None
    """Why the attempt failed, in one word: the id of the first failing check unless given, or ``no_code``,
    ``no_submission``, ``cut_off``, ``refusal:CATEGORY`` … (see `dropout_core.verdict.causes`). ``None`` if it did not
    fail, but for a refusal that is void."""
    suite_version: int = 0
    """Version of the suite; 0 when nothing was judged."""
    flags: tuple[Flag, ...] = ()
    """Things in the answer that a person should look at, in the order of its lines."""
    task: str = DROPOUT
    """Name of the task."""

    def __post_init__(self) -> None:
        if self.outcome is Outcome.FAILED and self.cause is None:
            object.__setattr__(self, "cause", _first_not_passed(self.statuses))

    @property
    def asked(self) -> str:
        """Suite, preceded by the name of a task other than dropout."""
        return asked(self.task, self.suite)

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return self.outcome is Outcome.PASSED

    @property
    def statuses(self) -> tuple[tuple[str, CheckStatus], ...]:
        """Ids and statuses of the checks, in order."""
        if isinstance(self.checks, PackedChecks):
            return self.checks.statuses
        return tuple((check.id, check.status) for check in self.checks)

    @property
    def first_failing(self) -> Check | None:
        """First check that failed, in the suite's order."""
        return next((check for check in self.checks if check.status is CheckStatus.FAILED), None)

    @property
    def task_related(self) -> bool | None:
        """Whether the attempt failed by a check of the task, rather than for lack of an answer (no code, a reply that
        was cut off, a refusal); ``None`` if it did not fail."""
        if self.cause is None or self.outcome is not Outcome.FAILED:
            return None
        return any(id_ == self.cause for id_, _ in self.statuses)

    def at_rest(self) -> Verdict:
        """The verdict with packed checks, in an eighth of the memory."""
        return replace(self, checks=PackedChecks.of(self.checks)) if self.checks else self

    def to_json(self) -> dict[str, Any]:
        """The verdict as plain JSON values."""
        return {**self.headline_json(), "checks": checks_to_json(self.checks)}

    def headline_json(self) -> dict[str, Any]:
        """Plain JSON values without the checks."""
        return {
            "outcome": str(self.outcome),
            "reason": self.reason,
            "task": self.task,
            "suite": self.suite,
            "suite_version": self.suite_version,
            "seed": self.seed,
            "isolation": self.isolation,
            "seconds": self.seconds,
            "cause": self.cause,
            "task_related": self.task_related,
            "flags": [flag.to_json() for flag in self.flags],
        }

    def json_text(self) -> str:
        """Stored text of `to_json`; packed checks are not unpacked for it."""
        return f'{dump(self.headline_json())[:-1]},"checks":{checks_json_text(self.checks)}}}'

    @classmethod
    def from_json(cls, value: dict[str, Any], checks: Sequence[Check] | None = None) -> Verdict:
        """The inverse of `to_json`; `checks` stand in for those of `value`."""
        if checks is None:
            return cls(**_read(value))
        return cls(**_read_headline(value), checks=checks)


_READERS = {"checks": sequence_of(Check.from_json), "flags": sequence_of(Flag.from_json)}
_read = fields_reader(Verdict, _READERS)
_read_headline = fields_reader(Verdict, _READERS, without=frozenset({"checks"}))


def _first_not_passed(statuses: tuple[tuple[str, CheckStatus], ...]) -> str | None:
    """Id of the first check that failed; where none did, of the first that was not reached."""
    for wanted in (CheckStatus.FAILED, CheckStatus.NOT_REACHED):
        for id_, status in statuses:
            if status is wanted:
                return id_
    return None


class Grading(Protocol):
    """Judge of code, usually a `dropout_core.grading.grader.Grader`."""

    async def grade(self, code: str, *, seed: int | None = None) -> Verdict:
        """Verdict on `code`; a broken sandbox gives a void one."""
        ...
