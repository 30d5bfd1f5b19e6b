"""A stored evaluation as a list has it: its line, how it stands, and what a search finds in it."""

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


class Standing(StrEnum):
    """How a stored evaluation stands."""

    COMPLETED = "completed"
    DECIDED = "decided"
    INTERRUPTED = "interrupted"
    """It was stopped, could not go on, or was cut off: it can be gone on with."""
    HERE = "here"
    """This program has it open."""
    ELSEWHERE = "elsewhere"
    """Another program runs it."""


_STANDINGS: Mapping[Standing, Mark] = {
    Standing.COMPLETED: Mark("■", "completed", "muted", "$foreground-muted"),
    Standing.DECIDED: Mark("■", "decided", "muted", "$foreground-muted"),
    Standing.INTERRUPTED: Mark("◌", "interrupted", "interrupted", "$text-warning"),
    Standing.HERE: Mark("●", "open here", "running", "$text-accent"),
    Standing.ELSEWHERE: Mark("●", "elsewhere", "running", "$text-accent"),
}


def mark_of_standing(standing: Standing) -> Mark:
    """How a standing is shown."""
    return _STANDINGS[standing]


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
    standing: Standing
    words: str
    """What a search looks through, in lower case."""
    summary: EvaluationSummary

    @property
    def rate(self) -> float | None:
        """Passed over graded trials; ``None`` before the first."""
        return self.passed / self.graded if self.graded else None

    @property
    def why_interrupted(self) -> str:
        """What ended it before it was done; empty when its state says as much."""
        reason = self.summary.stop_reason
        if self.standing is not Standing.INTERRUPTED or reason in (None, Standing.INTERRUPTED.value):
            return ""
        return visible_line(reason or "")

    def matches(self, search: Query) -> bool:
        """Whether it says what `search` asks for, which knows no fields here."""
        return search.matches(SearchText("", self.words))


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A line of the history of which no more can be said than why."""

    number: int
    why: str

    def matches(self, search: Query) -> bool:
        """As for `StoredEvaluation`."""
        return search.matches(SearchText("", f"#{self.number} {self}".lower()))

    def __str__(self) -> str:
        return f"cannot be read: {self.why}"


Row = StoredEvaluation | UnreadableRow


def row_of(
    line: EvaluationSummary | UnreadableEvaluation, elsewhere: frozenset[int], here: int | None
) -> Row:
    """The row of any line of a store; see `stored_evaluation`."""
    if isinstance(line, UnreadableEvaluation):
        return UnreadableRow(line.number, visible_line(line.why))
    return stored_evaluation(line, elsewhere, here)


def stored_evaluation(
    summary: EvaluationSummary, elsewhere: frozenset[int], here: int | None
) -> StoredEvaluation:
    """The line of `summary`. Other programs have those of `elsewhere` open; this one has `here`."""
    config, decision = summary.config, summary.decision
    standing = standing_of(summary, elsewhere, here)
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
        standing=standing,
        words=" ".join((*said, mark_of_standing(standing).word)).casefold(),
        summary=summary,
    )


def standing_of(summary: EvaluationSummary, elsewhere: frozenset[int], here: int | None = None) -> Standing:
    """How `summary` stands. Other programs have those of `elsewhere` open; this one has `here`.

    One that has ended is not being run by a program that merely has it open still.
    """
    if summary.number == here:
        return Standing.HERE
    if summary.number in elsewhere and summary.stop_reason is None:
        return Standing.ELSEWHERE
    if summary.stop_reason == COMPLETED:
        return Standing.COMPLETED
    return Standing.DECIDED if summary.stop_reason == DECIDED else Standing.INTERRUPTED
