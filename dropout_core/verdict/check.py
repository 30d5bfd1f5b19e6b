"""Check: one pass/fail observation of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dropout_core.values.stored.value import fields_reader
from dropout_core.verdict.evidence import Evidence


class CheckStatus(StrEnum):
    """Status of one check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not_reached"
    """There was no output to check. Never counted as passed."""


@dataclass(frozen=True, slots=True)
class Check:
    """One pass/fail observation, with what was measured and what was expected."""

    id: str
    title: str
    status: CheckStatus
    message: str
    """A sentence a person can act on."""
    measured: str | None = None
    """Observed value, short: ``"×1.00"``, ``"50.1 %"``. ``None`` when the check was not reached."""
    expected: str | None = None
    """Expected value, in the same form."""
    evidence: Evidence | None = None
    """Evidence to look at, if there is any."""

    @property
    def line(self) -> int | None:
        """Line of the code that it is about, if any."""
        return None if self.evidence is None else self.evidence.line

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
        """The inverse of `to_json`."""
        return cls(**_read(value))


_read = fields_reader(Check, {"evidence": lambda value: None if value is None else Evidence.from_json(value)})
