"""Results of an audit."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dropout_core.audit.corpus import Answer, Kind
from dropout_core.audit.coverage import PromptGap
from dropout_core.values.task_names import DROPOUT
from dropout_core.verdict.verdict import CheckStatus, Outcome, Verdict


class Fault(StrEnum):
    """Kind of mistake in one grading."""

    FALSE_REJECT = "false_reject"
    """A right answer did not pass."""
    FALSE_ACCEPT = "false_accept"
    """A wrong or hostile answer passed."""
    WRONG_CHECK = "wrong_check"
    """A wrong answer failed, but not by the checks that must catch it, or by others too."""
    NOT_CONTAINED = "not_contained"
    """A hostile answer made grading raise, or a right answer after it did not pass."""
    VOID = "void"
    """There is no verdict: the sandbox does not work."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """Result of one grading."""

    kind: Kind
    name: str
    seed: int
    """Seed of the grading: ``dropout-tui grade FILE --seed N`` repeats it."""
    reason: str
    """Headline of the verdict."""
    seconds: float
    fault: Fault | None = None
    detail: str = ""
    """What should have been, when that is not so; one line."""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "kind": str(self.kind),
            "name": self.name,
            "seed": self.seed,
            "reason": self.reason,
            "seconds": self.seconds,
            "fault": None if self.fault is None else str(self.fault),
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class KindSummary:
    """Summary of all gradings of one kind of answer."""

    kind: Kind
    answers: int
    gradings: int
    faults: int
    median_seconds: float
    """Median seconds of one grading, from handing over the code to the verdict."""
    p95_seconds: float


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Result of auditing one suite."""

    suite: str
    suite_version: int
    isolation: str
    rows: tuple[AuditRow, ...]
    unstated: tuple[PromptGap, ...]
    """Checks that a built-in prompt does not mention."""
    task: str = DROPOUT

    @property
    def faults(self) -> tuple[AuditRow, ...]:
        """The gradings that went wrong."""
        return tuple(row for row in self.rows if row.fault is not None)

    @property
    def ok(self) -> bool:
        """Whether no grading went wrong and the prompts mention every check."""
        return bool(self.rows) and not self.faults and not self.unstated

    def count(self, fault: Fault) -> int:
        """Number of gradings with this mistake."""
        return Counter(row.fault for row in self.rows)[fault]

    @property
    def summaries(self) -> tuple[KindSummary, ...]:
        """One summary for each kind of answer that there is."""
        return tuple(
            _summary(kind, rows) for kind in Kind if (rows := [r for r in self.rows if r.kind is kind])
        )

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; of the gradings, only those that went wrong."""
        return {
            "task": self.task,
            "suite": self.suite,
            "suite_version": self.suite_version,
            "isolation": self.isolation,
            "ok": self.ok,
            "counts": {str(fault): self.count(fault) for fault in Fault},
            "kinds": [
                {
                    "kind": str(summary.kind),
                    "answers": summary.answers,
                    "gradings": summary.gradings,
                    "faults": summary.faults,
                    "median_seconds": summary.median_seconds,
                    "p95_seconds": summary.p95_seconds,
                }
                for summary in self.summaries
            ],
            "faults": [row.to_json() for row in self.faults],
            "unstated": [
                {"prompt": gap.prompt, "mode": gap.mode, "checks": list(gap.checks)} for gap in self.unstated
            ],
        }


def row_of(answer: Answer, seed: int, verdict: Verdict) -> AuditRow:
    """Audit row for the verdict on an answer."""
    fault, detail = _judged(answer, verdict)
    return AuditRow(answer.kind, answer.name, seed, verdict.reason, verdict.seconds, fault, detail)


def _judged(answer: Answer, verdict: Verdict) -> tuple[Fault | None, str]:
    if verdict.outcome is Outcome.VOID:
        return Fault.VOID, "there is no verdict"
    if answer.kind is Kind.RIGHT:
        if verdict.passed:
            return None, ""
        messages = [f"{one.id}: {one.message}" for one in verdict.checks if one.status is CheckStatus.FAILED]
        return Fault.FALSE_REJECT, "; ".join(messages) or verdict.reason
    if verdict.passed:
        return Fault.FALSE_ACCEPT, f"should fail {_listed(answer.caught_by) or 'some check'}"
    failed = {check.id for check in verdict.checks if check.status is CheckStatus.FAILED}
    missed = answer.caught_by - failed
    if missed:
        return Fault.WRONG_CHECK, f"not caught by {_listed(missed)}, but by {_listed(failed) or 'no check'}"
    surplus = failed & (answer.judged_by or frozenset()) - answer.caught_by - answer.may_also_fail
    if surplus:
        return Fault.WRONG_CHECK, f"caught by {_listed(surplus)} too"
    return None, ""


def _listed(ids: Sequence[str] | set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(ids))


def _summary(kind: Kind, rows: list[AuditRow]) -> KindSummary:
    seconds = sorted(row.seconds for row in rows)
    return KindSummary(
        kind,
        answers=len({row.name for row in rows}),
        gradings=len(rows),
        faults=sum(row.fault is not None for row in rows),
        median_seconds=_quantile(seconds, 0.5),
        p95_seconds=_quantile(seconds, 0.95),
    )


def _quantile(ordered: list[float], fraction: float) -> float:
    """Smallest value that at least this fraction of the values does not exceed."""
    return ordered[max(0, math.ceil(fraction * len(ordered)) - 1)]
