"""Results of an audit."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dropout_core.audit.corpus import Answer
from dropout_core.audit.coverage import PromptGap
from dropout_core.values.task_names import DROPOUT
from dropout_core.verdict.isolation_levels import NOT_RUN, weakest
from dropout_core.verdict.known_answers import Fault, Kind
from dropout_core.verdict.verdict import CheckStatus, Outcome, Verdict


@dataclass(frozen=True, slots=True)
class AuditRow:
    """Result of one grading."""

    answer: Answer
    seed: int
    """Seed of the grading: ``dropout-tui grade FILE --seed N`` repeats it."""
    reason: str
    """Headline of the verdict."""
    seconds: float
    fault: Fault | None = None
    detail: str = ""
    """What should have been, when that is not so; one line."""
    isolation: str = NOT_RUN
    """Isolation of the code while it ran."""
    failed: tuple[str, ...] = ()
    """Ids of the checks that failed, in order."""

    @property
    def kind(self) -> Kind:
        """Expected outcome of the answer."""
        return self.answer.kind

    @property
    def name(self) -> str:
        """Name of the answer."""
        return self.answer.name

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
    rows: tuple[AuditRow, ...]
    unstated: tuple[PromptGap, ...]
    """Checks that a built-in prompt does not mention."""
    task: str = DROPOUT

    @property
    def isolation(self) -> str:
        """The weakest isolation of all gradings."""
        return weakest(row.isolation for row in self.rows)

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
    failed = tuple(id_ for id_, status in verdict.statuses if status is CheckStatus.FAILED)
    return AuditRow(answer, seed, verdict.reason, verdict.seconds, fault, detail, verdict.isolation, failed)


def _judged(answer: Answer, verdict: Verdict) -> tuple[Fault | None, str]:
    if verdict.outcome is Outcome.VOID:
        return Fault.VOID, f"there is no verdict: {verdict.reason}"
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
