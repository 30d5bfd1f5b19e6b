"""Result of a requirement's check."""

from __future__ import annotations

from dataclasses import dataclass

from dropout_core.verdict.check import CheckStatus
from dropout_core.verdict.evidence import Evidence


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of one check; see `passed`, `failed` and `not_reached`."""

    status: CheckStatus
    message: str
    measured: str | None = None
    expected: str | None = None
    evidence: Evidence | None = None


def passed(message: str = "As required", measured: object = None, expected: object = None) -> CheckResult:
    """The requirement holds."""
    return CheckResult(CheckStatus.PASSED, message, _text(measured), _text(expected))


def failed(
    message: str, measured: object = None, expected: object = None, evidence: Evidence | None = None
) -> CheckResult:
    """The requirement does not hold. The message says what is wrong, in words that are the same for every seed;
    `measured` and `expected` are short."""
    return CheckResult(CheckStatus.FAILED, message, _text(measured), _text(expected), evidence)


def not_reached(why: str) -> CheckResult:
    """Nothing could be observed. An answer with such a check does not pass."""
    return CheckResult(CheckStatus.NOT_REACHED, why)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
