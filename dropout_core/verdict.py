"""What a grading says: checks, the verdict over them, and the outcome of an attempt."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dropout_core.evidence import Evidence


class Outcome(StrEnum):
    """How an attempt ended."""

    PASSED = "passed"
    FAILED = "failed"
    VOID = "void"
    """The attempt says nothing about the model: the API gave up, the sandbox broke, the user cancelled."""


class CheckStatus(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not_reached"
    """There was no output to look at. Never counted as passed."""


@dataclass(frozen=True, slots=True)
class Check:
    """One pass/fail observation, with what was measured and what was expected."""

    id: str
    title: str
    status: CheckStatus
    message: str
    """A sentence a person can act on."""
    measured: str | None = None
    """What was seen, short: ``"×1.00"``, ``"50.1 %"``. ``None`` when the check was not reached."""
    expected: str | None = None
    """What should have been seen, in the same form."""
    evidence: Evidence | None = None
    """What there is to look at, when anything is."""

    def to_json(self) -> dict[str, Any]:
        """The check as plain JSON values, in the promised shape."""
        return {
            "id": self.id,
            "title": self.title,
            "status": str(self.status),
            "message": self.message,
            "measured": self.measured,
            "expected": self.expected,
            "evidence": None if self.evidence is None else self.evidence.to_json(),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Check:
        """The inverse of `to_json`. Records written before there was evidence lack it."""
        evidence = value.get("evidence")
        return cls(
            id=value["id"],
            title=value["title"],
            status=CheckStatus(value["status"]),
            message=value["message"],
            measured=value.get("measured"),
            expected=value.get("expected"),
            evidence=None if evidence is None else Evidence.from_json(evidence),
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks of one attempt, plus the headline reason."""

    outcome: Outcome
    reason: str
    """The headline: ``"All tests passed!"``, the first failing check, or why there was nothing to check."""
    suite: str
    seed: int
    """Everything random in this grading follows from it."""
    isolation: str
    """How the code was kept apart while it ran, or ``"not run"``."""
    checks: tuple[Check, ...] = field(default=())
    seconds: float = 0.0
    """Wall time of the grading."""
    cause: str | None = None
    """Why a failed attempt has no checks: ``no_code``, ``refusal``, ``no_submission``."""
    suite_version: int = 0
    """Of the suite that judged it; 0 when nothing was judged, or before versions were kept."""

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return self.outcome is Outcome.PASSED

    @property
    def first_failing(self) -> Check | None:
        """The first check that failed, in the suite's order."""
        return next((check for check in self.checks if check.status is CheckStatus.FAILED), None)

    @property
    def failing(self) -> str | None:
        """What failures are counted by: the id of the first failing check, or the cause; ``None`` if not failed."""
        if self.outcome is not Outcome.FAILED:
            return None
        first = self.first_failing
        return first.id if first is not None else self.cause

    def to_json(self) -> dict[str, Any]:
        """The verdict as plain JSON values."""
        return {
            "outcome": str(self.outcome),
            "reason": self.reason,
            "suite": self.suite,
            "suite_version": self.suite_version,
            "seed": self.seed,
            "isolation": self.isolation,
            "checks": [check.to_json() for check in self.checks],
            "seconds": self.seconds,
            "cause": self.cause,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Verdict:
        """The inverse of `to_json`."""
        return cls(
            outcome=Outcome(value["outcome"]),
            reason=value["reason"],
            suite=value["suite"],
            seed=value["seed"],
            isolation=value["isolation"],
            checks=tuple(Check.from_json(check) for check in value["checks"]),
            seconds=value["seconds"],
            cause=value.get("cause"),
            suite_version=value.get("suite_version", 0),
        )
