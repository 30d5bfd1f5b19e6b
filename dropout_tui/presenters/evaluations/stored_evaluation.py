"""A line of the history: a stored evaluation, its status, and the words that a search finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dropout_core.state.end_reasons import COMPLETED, DECIDED
from dropout_core.statistics.pass_rate import Decision
from dropout_core.storage.listing import EvaluationSummary, UnreadableEvaluation
from dropout_tui.presenters.filter_query import Query, SearchText
from dropout_tui.text.labels import Mark, mark_of_decision
from dropout_tui.text.sanitize import visible_line


class StoredStatus(StrEnum):
    """The status of a stored evaluation."""

    COMPLETED = "completed"
    DECIDED = "decided"
    INTERRUPTED = "interrupted"
    """It was stopped, failed or was killed, and can be resumed."""
    HERE = "here"
    """This program has it open."""
    ELSEWHERE = "elsewhere"
    """Another program runs it."""


_MARKS: Mapping[StoredStatus, Mark] = {
    StoredStatus.COMPLETED: Mark("■", "completed", "muted", "$foreground-muted"),
    StoredStatus.DECIDED: Mark("■", "decided", "muted", "$foreground-muted"),
    StoredStatus.INTERRUPTED: Mark("◌", "interrupted", "interrupted", "$text-warning"),
    StoredStatus.HERE: Mark("●", "open here", "running", "$text-accent"),
    StoredStatus.ELSEWHERE: Mark("●", "elsewhere", "running", "$text-accent"),
}


def mark_of_stored_status(status: StoredStatus) -> Mark:
    """How a status is shown."""
    return _MARKS[status]


@dataclass(frozen=True, slots=True)
class StoredEvaluation:
    """One line of the history."""

    number: int
    started_at: float
    model: str
    prompt: str
    suite: str
    mode: str
    runs: int
    passed: int
    graded: int
    void: int
    interval: tuple[float, float]
    decision: Decision
    status: StoredStatus
    words: str
    """The words that a search finds, in lower case."""
    summary: EvaluationSummary

    @property
    def label(self) -> str:
        """Its name and its tags."""
        return visible_line(self.summary.annotation.label)

    @property
    def rate(self) -> float | None:
        """Passed over graded trials; ``None`` before the first."""
        return self.passed / self.graded if self.graded else None

    @property
    def why_interrupted(self) -> str:
        """What ended it early; empty when its status says it all."""
        reason = self.summary.stop_reason
        if self.status is not StoredStatus.INTERRUPTED or reason in (None, StoredStatus.INTERRUPTED.value):
            return ""
        return visible_line(reason or "")

    def matches(self, search: Query) -> bool:
        """Whether it matches `search`."""
        annotation = self.summary.annotation
        name, note = annotation.name.casefold(), annotation.note.casefold()
        tags = "\n".join(annotation.tags).casefold()
        return search.matches(SearchText("", self.words, name=name, note=note, tag=tags))


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A line of the history for an evaluation that cannot be read, with the reason."""

    number: int
    why: str

    def matches(self, search: Query) -> bool:
        """See `StoredEvaluation.matches`."""
        return search.matches(SearchText("", f"#{self.number} {self}".lower()))

    def __str__(self) -> str:
        return f"cannot be read: {self.why}"


Row = StoredEvaluation | UnreadableRow


def row_of(
    line: EvaluationSummary | UnreadableEvaluation, elsewhere: frozenset[int], here: frozenset[int]
) -> Row:
    """The row for any line of a store's listing; see `stored_evaluation`."""
    if isinstance(line, UnreadableEvaluation):
        return UnreadableRow(line.number, visible_line(line.why))
    return stored_evaluation(line, elsewhere, here)


def stored_evaluation(
    summary: EvaluationSummary, elsewhere: frozenset[int], here: frozenset[int]
) -> StoredEvaluation:
    """The row for `summary`. Other programs have the evaluations `elsewhere` open; this one has those `here` open."""
    config, decision = summary.config, summary.decision
    status = stored_status_of(summary, elsewhere, here)
    model = visible_line(config.model)
    prompt = visible_line(config.prompt).rsplit("/", 1)[-1]
    day = f"{datetime.fromtimestamp(summary.started_at):%Y-%m-%d %H:%M}"
    said = (
        f"#{summary.number}",
        day,
        model,
        prompt,
        config.asked,
        config.mode,
        mark_of_decision(decision).word,
    )
    return StoredEvaluation(
        number=summary.number,
        started_at=summary.started_at,
        model=model,
        prompt=prompt,
        suite=config.asked,
        mode=config.mode,
        runs=config.runs,
        passed=summary.passed,
        graded=summary.graded,
        void=summary.void,
        interval=summary.interval,
        decision=decision,
        status=status,
        words=" ".join((*said, mark_of_stored_status(status).word)).casefold(),
        summary=summary,
    )


def stored_status_of(
    summary: EvaluationSummary, elsewhere: frozenset[int], here: frozenset[int] = frozenset()
) -> StoredStatus:
    """The status of `summary`. Other programs have the evaluations `elsewhere` open; this one has those `here` open.

    A program that still has an ended evaluation open is not running it.
    """
    if summary.number in here:
        return StoredStatus.HERE
    if summary.number in elsewhere and summary.stop_reason is None:
        return StoredStatus.ELSEWHERE
    if summary.stop_reason == COMPLETED:
        return StoredStatus.COMPLETED
    return StoredStatus.DECIDED if summary.stop_reason == DECIDED else StoredStatus.INTERRUPTED
