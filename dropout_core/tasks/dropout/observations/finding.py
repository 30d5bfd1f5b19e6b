"""What a check found, with what else it tells the checks after it; and how figures are written."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dropout_core.task.result import CheckResult
from dropout_core.tasks.dropout.observations.ownership import Kind, What, When
from dropout_core.verdict.evidence import Evidence
from dropout_core.verdict.verdict import CheckStatus


@dataclass(frozen=True, slots=True)
class Finding(CheckResult):
    """The outcome of one check."""

    kinds: frozenset[Kind] = frozenset()
    """Of a fault that other checks may see too."""

    def showing(self, evidence: Evidence | None) -> Finding:
        """The same finding with this to look at, unless it has something already."""
        return self if self.evidence is not None else replace(self, evidence=evidence)

    def of(self, what: What, when: When = When.TRAINING, more: str = "") -> Finding:
        """The same fault, as one of this kind too."""
        return replace(self, kinds=self.kinds | {Kind(what, when, more)})

    def beside(self, other: Finding | None) -> Finding:
        """The same fault where another one shows too."""
        return self if other is None else replace(self, kinds=self.kinds | other.kinds)


def passed(message: str, measured: str | None = None, expected: str | None = None) -> Finding:
    """The requirement holds."""
    return Finding(CheckStatus.PASSED, message, measured, expected)


def failed(
    message: str, measured: str | None = None, expected: str | None = None, evidence: Evidence | None = None
) -> Finding:
    """The requirement does not hold; the message tells what to change."""
    return Finding(CheckStatus.FAILED, message, measured, expected, evidence)


def not_reached(message: str = "There was no output to look at.") -> Finding:
    """Nothing could be observed."""
    return Finding(CheckStatus.NOT_REACHED, message)


ENORMOUS = 1e9


def percent(fraction: float) -> str:
    """``"50.1 %"``."""
    return f"{100 * fraction:.1f} %"


def told_apart(measured: float, expected: float, decimals: int = 2) -> tuple[str, str]:
    """Both numbers, with as many decimals as it takes to see that they differ: from `decimals`, up to 9. Enormous ones
    are short."""
    if abs(measured) >= ENORMOUS or abs(expected) >= ENORMOUS:
        return f"{measured:.4g}", f"{expected:.4g}"
    while decimals < 9 and measured != expected and f"{measured:.{decimals}f}" == f"{expected:.{decimals}f}":
        decimals += 1
    return f"{measured:.{decimals}f}", f"{expected:.{decimals}f}"
