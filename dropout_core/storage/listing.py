"""Listing of the stored evaluations, a line each; for an unreadable one, the reason."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from dropout_core.state.duplicate_replies import MOST_COMPARED, Copies, copies_of
from dropout_core.state.settled_prefix import SettledPrefix
from dropout_core.state.stored_config import config_from
from dropout_core.statistics.band.decision import decide
from dropout_core.statistics.pass_rate import Decision, wilson_interval
from dropout_core.storage.database.event_format import FORMAT
from dropout_core.storage.kept.annotations import kept_annotations
from dropout_core.storage.kept.band_choices import bands_chosen_after
from dropout_core.storage.snapshots import stored_in_order
from dropout_core.values.annotation import UNANNOTATED, Annotation
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.stored.value import (
    MOST_BYTES,
    Unreadable,
    WrittenByNewer,
    count,
    json_value,
    number,
    text,
)

T = TypeVar("T")

HIGHEST_NUMBER = 2**53
"""Highest number of an evaluation: beyond it, JSON readers with floating-point numbers confuse neighbours."""


@dataclass(frozen=True, slots=True)
class EvaluationSummary:
    """One line of the history."""

    number: int
    started_at: float
    config: EvaluationConfig
    passed: int
    failed: int
    void: int
    stop_reason: str | None
    """``None`` while it is unfinished."""
    in_order: SettledPrefix
    """Counts of the trials up to the first that is still in progress, on which the decision is based."""
    has_copies: bool = False
    """Whether too many replies are equal for a decision."""
    annotation: Annotation = UNANNOTATED
    band_chosen_after: int = 0
    """As `EvaluationState.band_chosen_after`."""

    @property
    def graded(self) -> int:
        """The denominator of the pass rate."""
        return self.passed + self.failed

    @property
    def interval(self) -> tuple[float, float]:
        """The Wilson 95 % interval of the pass rate."""
        return wilson_interval(self.passed, self.graded)

    @property
    def decision(self) -> Decision:
        """Position of the rate relative to the band, as the evaluation itself decides."""
        return Decision.UNDECIDED if self.has_copies else _decided(self.in_order, self.config)


def _decided(in_order: SettledPrefix, config: EvaluationConfig) -> Decision:
    return decide(in_order.passed, in_order.graded, config.band, config.tolerance, config.decision_error)


@dataclass(frozen=True, slots=True)
class UnreadableEvaluation:
    """Line for an evaluation that cannot be read."""

    number: int
    why: str

    def __str__(self) -> str:
        return f"evaluation {self.number}: cannot be read: {self.why}"


@dataclass(frozen=True, slots=True)
class Listing:
    """All evaluations, the newest first."""

    lines: tuple[EvaluationSummary | UnreadableEvaluation, ...]

    @property
    def readable(self) -> tuple[EvaluationSummary, ...]:
        """Those that can be read."""
        return tuple(line for line in self.lines if isinstance(line, EvaluationSummary))

    @property
    def unreadable(self) -> tuple[UnreadableEvaluation, ...]:
        """Those that cannot."""
        return tuple(line for line in self.lines if isinstance(line, UnreadableEvaluation))


def listing(connection: sqlite3.Connection) -> Listing:
    """All evaluations in the store. To be called inside a transaction."""
    annotations, chosen_after = kept_annotations(connection), bands_chosen_after(connection)

    def completed(
        line: EvaluationSummary | UnreadableEvaluation,
    ) -> EvaluationSummary | UnreadableEvaluation:
        if isinstance(line, UnreadableEvaluation):
            return line
        annotation = annotations.get(line.number, UNANNOTATED)
        return replace(line, annotation=annotation, band_chosen_after=chosen_after.get(line.number, 0))

    return Listing(tuple(completed(_line(connection, id_, *row)) for id_, *row in _rows(connection)))


def summary_of(connection: sqlite3.Connection, evaluation: int) -> EvaluationSummary:
    """The line of one evaluation. To be called inside a transaction.

    Raises:
        Unreadable: it cannot be read.
    """
    (row,) = connection.execute(f"{_EVALUATIONS} WHERE id = ?", (evaluation,))
    return _summary(connection, *row)


def known_format(stored: object) -> None:
    """Check that this version can read the format.

    Raises:
        WrittenByNewer: the evaluation was written in a format of a newer version.
        Unreadable: there is no such format.
    """
    if count(stored) > FORMAT:
        raise WrittenByNewer(f"it (format {stored}, this one knows {FORMAT})")


def _rows(connection: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    """Columns of the evaluations; the number alone where the others are too large."""
    try:
        yield from connection.execute(f"{_EVALUATIONS} ORDER BY id DESC").fetchall()
    except sqlite3.DataError:
        # One of them is too large to be read; the others are not.
        for (id_,) in connection.execute("SELECT id FROM evaluations ORDER BY id DESC").fetchall():
            try:
                yield from connection.execute(f"{_EVALUATIONS} WHERE id = ?", (id_,)).fetchall()
            except sqlite3.DataError:
                yield (id_,)


def _line(connection: sqlite3.Connection, id_: int, *row: object) -> EvaluationSummary | UnreadableEvaluation:
    try:
        if not row:
            raise Unreadable(TOO_LARGE)
        if not 0 < id_ <= HIGHEST_NUMBER:
            raise Unreadable("its number is out of range")
        return _summary(connection, id_, *row)
    except Unreadable as error:
        return UnreadableEvaluation(id_, str(error))


def _summary(
    connection: sqlite3.Connection,
    id_: int,
    form: object = None,
    started_at: object = None,
    config_text: object = None,
    stop_reason: object = None,
    *counts: object,
) -> EvaluationSummary:
    known_format(form)
    config = _named("its settings", lambda value: config_from(json_value(value)), config_text)
    began = _named("its start", number, started_at)
    reason = None if stop_reason is None else _named("why it ended", text, stop_reason)
    passed, failed, void = (_named("its counts", count, value) for value in counts)
    if passed + failed + void > config.runs:
        raise Unreadable("its counts: they are more than its runs")
    if passed + failed == config.runs:
        in_order = SettledPrefix(config.runs, passed, failed)
    else:
        in_order = stored_in_order(connection, id_, config.runs)
    # Copies can only undo a decision, and reading them takes longest.
    may_be_copies = not config.is_sample and _decided(in_order, config) is not Decision.UNDECIDED
    has_copies = may_be_copies and _stored_copies(connection, id_).are_many
    return EvaluationSummary(id_, began, config, passed, failed, void, reason, in_order, has_copies)


def _stored_copies(connection: sqlite3.Connection, id_: int) -> Copies:
    """Number of equal replies among the counted attempts, like `EvaluationState.copies`."""
    digests: dict[int, list[str]] = {}
    for trial, body in connection.execute(_REPLIES_THAT_COUNT, (id_, id_)):
        said = digests.setdefault(trial, [])
        try:
            said.append(str(json_value(body, strictly=False).get("digest", "")))
        except (Unreadable, AttributeError):
            said.append("")
        if len(digests) > MOST_COMPARED:
            break
    return copies_of(" ".join(said) if all(said) else "" for said in digests.values())


def _named(name: str, read: Callable[[object], T], value: object) -> T:
    try:
        return read(value)
    except Unreadable as error:
        raise Unreadable(f"{name}: {error}") from None


TOO_LARGE = f"it holds a value of more than {MOST_BYTES >> 20} MB"
_REPLIES_THAT_COUNT = """
    SELECT events.trial, body FROM events JOIN (
        SELECT trial, min(attempt) AS attempt FROM events
        WHERE evaluation = ? AND outcome IN ('passed', 'failed') GROUP BY trial
    ) AS counted ON counted.trial = events.trial AND counted.attempt = events.attempt
    WHERE evaluation = ? AND kind = 'ReplyFinished' ORDER BY position"""
_EVALUATIONS = "SELECT id, format, started_at, config, stop_reason, passed, failed, void FROM evaluations"
