"""Store of all evaluations in one SQLite file: their events, and the conversations beside them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.events import (
    FLEETING,
    AttemptEvent,
    EvaluationStarted,
    Event,
    MessageAdded,
    TrialEvent,
    VerdictReached,
    body_text,
)
from dropout_core.state.stored_config import config_from
from dropout_core.state.trial_state import TrialState
from dropout_core.storage.database.event_format import FORMAT
from dropout_core.storage.database.store_file import LOCK_SECONDS, StoreFile
from dropout_core.storage.errors import DamagedEvaluation, StoreUnusable
from dropout_core.storage.history_line import CHANGES_HISTORY_LINE, update_history_line
from dropout_core.storage.kept.annotations import keep_annotation, kept_annotation, numbers_named
from dropout_core.storage.kept.audits import KeptAudit, keep_audit, kept_audits
from dropout_core.storage.kept.gradings import KeptGrading, keep_gradings, kept_gradings
from dropout_core.storage.kept.prompt_variants import prompt_variants
from dropout_core.storage.kept.repeats import KeptRepeat, keep_repeats, kept_repeats
from dropout_core.storage.listing import (
    HIGHEST_NUMBER,
    TOO_LARGE,
    EvaluationSummary,
    Listing,
    known_format,
    listing,
)
from dropout_core.storage.outline import Outlines
from dropout_core.storage.snapshots import keep_ended_trials
from dropout_core.storage.stored_state import stored_state
from dropout_core.task.prompt_variants import PromptVariant
from dropout_core.values.annotation import Annotation, AnnotationChange
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.conversation import Message
from dropout_core.values.stored.compact_json import dump
from dropout_core.values.stored.value import Unreadable, json_value

__all__ = ["DamagedEvaluation", "EvaluationSummary", "Store", "StoreUnusable", "UnknownEvaluation"]

_NOT_KNOWN: Mapping[int, TrialState] = MappingProxyType({})


class UnknownEvaluation(LookupError):
    """The store holds no evaluation of this number."""


class Store:
    """All evaluations in one file. Safe to use from several threads; several programs may share the file."""

    def __init__(self, path: Path, *, lock_seconds: float = LOCK_SECONDS) -> None:
        """Open the store, making it if it is not there. Another program's lock is waited for `lock_seconds`.

        Raises:
            StoreUnusable: the file cannot be opened, or is something else.
        """
        self.path = path
        self._file = StoreFile(path, lock_seconds=lock_seconds)

    def create(self, event: EvaluationStarted, claimed: Callable[[int], object] | None = None) -> int:
        """Store a new evaluation and return its number, which none has had before.

        `claimed` is called with the number before anyone else can know of it; nothing is stored when it raises.
        """
        with self._file.transaction() as connection:
            number = self._next_number(connection)
            connection.execute(
                "INSERT INTO evaluations (id, format, started_at, config) VALUES (?, ?, ?, ?)",
                (number, FORMAT, event.at, dump(event.config.to_json())),
            )
            connection.execute(_INSERT_EVENT, _row(number, event))
            if claimed is not None:
                claimed(number)
        return number

    def _next_number(self, connection: sqlite3.Connection) -> int:
        known = [value for (value,) in connection.execute(_NUMBERS_KNOWN) if type(value) is int]
        number = max(known, default=0) + 1
        if not 0 < number <= HIGHEST_NUMBER:
            raise StoreUnusable(f"the store {self.path} has no numbers left; give another --store")
        connection.execute("DELETE FROM numbers")
        connection.execute("INSERT INTO numbers VALUES (?)", (number,))
        return number

    def append(
        self, evaluation: int, events: Sequence[Event], known: Mapping[int, TrialState] = _NOT_KNOWN
    ) -> None:
        """Store `events`, all or none. Fleeting ones are left out.

        `known` holds states of trials after `events`, where the caller has them. The snapshot of a trial that ends is
        then taken from there, and not computed from its stored events.
        """
        kept = [event for event in events if not isinstance(event, FLEETING)]
        if not kept:
            return
        rows = [_row(evaluation, event) for event in kept if not isinstance(event, MessageAdded)]
        turns = [
            (evaluation, event.trial, event.attempt, event.position, dump(event.message.to_json()))
            for event in kept
            if isinstance(event, MessageAdded)
        ]
        changes = [event for event in kept if isinstance(event, CHANGES_HISTORY_LINE)]
        with self._file.transaction() as connection:
            connection.executemany(_INSERT_EVENT, rows)
            connection.executemany("INSERT INTO messages VALUES (?, ?, ?, ?, ?)", turns)
            try:
                keep_ended_trials(connection, evaluation, kept, known)
                for change in changes:
                    update_history_line(connection, evaluation, change)
            except Unreadable as error:
                raise DamagedEvaluation(evaluation, str(error)) from None

    def state(self, evaluation: int) -> EvaluationState:
        """State of a stored evaluation; `damage` lists what could not be read.

        Raises:
            UnknownEvaluation: there is none of this number.
            DamagedEvaluation: nothing can be said of it.
        """
        with self._file.one_moment(evaluation) as connection:
            row = connection.execute("SELECT format FROM evaluations WHERE id = ?", (evaluation,)).fetchone()
            if row is not None:
                known_format(row[0])
            state = stored_state(connection, evaluation)
            if state is None and row is not None:
                raise Unreadable("its beginning is missing")
        if state is None or row is None:
            raise self._unknown(evaluation)
        return state

    def outline(self, evaluation: int) -> EvaluationState:
        """State whose ended trials are outlines: enough for counts, rates and totals, and small in memory.

        Raises:
            UnknownEvaluation: there is none of this number.
            DamagedEvaluation: nothing can be said of it.
        """
        with self._file.one_moment(evaluation) as connection:
            state = stored_state(connection, evaluation, Outlines().of)
        if state is None:
            raise UnknownEvaluation(f"there is no evaluation {evaluation} in {self.path}")
        return state

    def imported_from(self, digest: str) -> tuple[int, ...]:
        """Evaluations that were imported from files of this digest, the newest first."""
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT id, config FROM evaluations WHERE instr(config, ?) ORDER BY id DESC", (digest,)
            ).fetchall()
        return tuple(number for number, config in rows if _digest_in(config) == digest)

    def batch_ids(self) -> frozenset[str]:
        """Ids of all batches that servers are known to have taken, of whichever evaluation."""
        with self._file.reading() as connection:
            rows = connection.execute(_BATCHES).fetchall()
        return frozenset(str(id_) for (id_,) in rows)

    def ended_trials(self, evaluation: int) -> frozenset[int]:
        """Numbers of the trials that have ended."""
        with self._file.one_moment(evaluation) as connection:
            rows = connection.execute("SELECT trial FROM ended_trials WHERE evaluation = ?", (evaluation,))
            return frozenset(trial for (trial,) in rows if type(trial) is int)

    def config(self, evaluation: int) -> EvaluationConfig:
        """Configuration of a stored evaluation.

        Raises:
            UnknownEvaluation: there is none of this number.
            DamagedEvaluation: it cannot be read.
        """
        with self._file.one_moment(evaluation) as connection:
            row = connection.execute("SELECT config FROM evaluations WHERE id = ?", (evaluation,)).fetchone()
            if row is not None:
                return config_from(json_value(row[0]))
        raise self._unknown(evaluation)

    def conversation(self, evaluation: int, trial: int, attempt: int) -> tuple[Message, ...]:
        """Turns of one attempt, in order; empty when there are none. An unreadable turn says so."""
        return tuple(
            Message.unreadable(str(turn)) if isinstance(turn, Unreadable) else turn
            for turn in self._turns(evaluation, trial, attempt)
        )

    def fit_to_go_on(self, evaluation: int, state: EvaluationState) -> None:
        """Check that everything needed to resume the evaluation can be read.

        Raises:
            DamagedEvaluation: something of it that is gone on from cannot be read.
        """
        damage = list(state.damage)
        for trial in state.trials:
            latest = trial.latest
            if not damage and latest is not None and latest.verdict is None:
                turns = self._turns(evaluation, trial.number, latest.number)
                damage += [f"run {trial.number}: {turn}" for turn in turns if isinstance(turn, Unreadable)]
        if damage:
            raise DamagedEvaluation(
                evaluation, f"{damage[0]}; it can be shown and exported, and not gone on with"
            )

    def _turns(self, evaluation: int, trial: int, attempt: int) -> list[Message | Unreadable]:
        with self._file.one_moment(evaluation) as connection:
            try:
                rows = connection.execute(_TURNS, (evaluation, trial, attempt)).fetchall()
            except sqlite3.DataError:
                return [Unreadable(TOO_LARGE)]
        return [_turn(text) for (text,) in rows]

    def keep_gradings(self, evaluation: int, gradings: Sequence[KeptGrading]) -> None:
        """Make gradings of stored answers durable, unless the evaluation has been deleted meanwhile."""
        with self._file.transaction() as connection:
            if connection.execute("SELECT 1 FROM evaluations WHERE id = ?", (evaluation,)).fetchone():
                keep_gradings(connection, evaluation, gradings)

    def kept_gradings(self, evaluation: int) -> tuple[KeptGrading, ...]:
        """The gradings that were kept of an evaluation's answers."""
        with self._file.one_moment(evaluation) as connection:
            return kept_gradings(connection, evaluation)

    def keep_repeats(self, evaluation: int, repeats: Sequence[KeptRepeat]) -> None:
        """Make gradings with other seeds durable, unless the evaluation has been deleted meanwhile."""
        with self._file.transaction() as connection:
            if connection.execute("SELECT 1 FROM evaluations WHERE id = ?", (evaluation,)).fetchone():
                keep_repeats(connection, evaluation, repeats)

    def kept_repeats(self, evaluation: int) -> tuple[KeptRepeat, ...]:
        """The gradings with other seeds that were kept of an evaluation's answers."""
        with self._file.one_moment(evaluation) as connection:
            return kept_repeats(connection, evaluation)

    def keep_audit(self, audit: KeptAudit) -> None:
        """Make what an audit found durable."""
        with self._file.transaction() as connection:
            keep_audit(connection, audit)

    def kept_audits(self, task: str, suite: str) -> tuple[KeptAudit, ...]:
        """What audits found of a suite of the task of this name, by whatever rules, the newest first."""
        with self._file.one_moment() as connection:
            return kept_audits(connection, task, suite)

    def annotate(self, evaluation: int, change: AnnotationChange) -> Annotation:
        """Change the name, the note or the tags of an evaluation, whoever runs it; returns what they are then.

        Raises:
            UnknownEvaluation: there is none of this number.
            AnnotationRefused: they cannot be kept.
        """
        with self._file.transaction() as connection:
            self._check_known(connection, evaluation)
            annotation = change.of(kept_annotation(connection, evaluation))
            keep_annotation(connection, evaluation, annotation)
        return annotation

    def annotation(self, evaluation: int) -> Annotation:
        """The name, the note and the tags of an evaluation.

        Raises:
            UnknownEvaluation: there is none of this number.
        """
        with self._file.one_moment(evaluation) as connection:
            self._check_known(connection, evaluation)
            return kept_annotation(connection, evaluation)

    def numbers_named(self, name: str) -> list[int]:
        """The numbers of the evaluations that have this name, the lowest first."""
        with self._file.reading() as connection:
            return numbers_named(connection, name)

    def _check_known(self, connection: sqlite3.Connection, evaluation: int) -> None:
        if not connection.execute("SELECT 1 FROM evaluations WHERE id = ?", (evaluation,)).fetchone():
            raise self._unknown(evaluation)

    def _unknown(self, evaluation: int) -> UnknownEvaluation:
        return UnknownEvaluation(f"there is no evaluation {evaluation} in {self.path}")

    def history(self) -> tuple[EvaluationSummary, ...]:
        """Readable evaluations, the newest first."""
        return self.listing().readable

    def listing(self) -> Listing:
        """All evaluations, the newest first, with the reasons why some cannot be read."""
        with self._file.one_moment() as connection:
            return listing(connection)

    def prompt_variants(self, task: str) -> tuple[PromptVariant, ...]:
        """The prompts that people made for a task of this name, the newest first."""
        with self._file.one_moment() as connection:
            return prompt_variants(connection, task)

    def newest(self, count: int = 1) -> tuple[int, ...]:
        """Numbers of the newest evaluations, the newest first; fewer where there are not as many."""
        with self._file.reading() as connection:
            rows = connection.execute("SELECT id FROM evaluations ORDER BY id DESC LIMIT ?", (count,))
            return tuple(number for (number,) in rows)

    def newest_unfinished(self, *, or_with_voids: bool = False) -> int | None:
        """Newest evaluation that has not ended, or has void trials when those count; ``None`` if there is none."""
        with self._file.reading() as connection:
            row = connection.execute(
                "SELECT max(id) FROM evaluations WHERE coalesce(stop_reason, '') NOT IN ('completed', 'decided')"
                " OR (? AND void > 0)",
                (or_with_voids,),
            ).fetchone()
        return row[0] if row else None

    def delete(self, evaluation: int) -> None:
        """Remove an evaluation with everything it had. The caller holds its lease. Its number is not given again.

        Raises:
            UnknownEvaluation: there is none of this number.
        """
        with self._file.transaction() as connection:
            deleted = _delete(connection, evaluation)
        if not deleted:
            raise self._unknown(evaluation)

    def delete_unbegun(self, evaluation: int) -> None:
        """Remove an evaluation of which only its start is stored; any other stays. The caller holds its lease."""
        with self._file.transaction() as connection:
            (events,) = connection.execute(_COUNT_EVENTS, (evaluation,)).fetchone()
            if events <= 1:
                _delete(connection, evaluation)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _delete(connection: sqlite3.Connection, evaluation: int) -> bool:
    """Whether there was such an evaluation, which is gone now with everything it had."""
    for table in ("messages", "events", "ended_trials", "gradings", "repeats", "annotations"):
        connection.execute(f"DELETE FROM {table} WHERE evaluation = ?", (evaluation,))  # noqa: S608
    return connection.execute("DELETE FROM evaluations WHERE id = ?", (evaluation,)).rowcount > 0


_COUNT_EVENTS = "SELECT count(*) FROM events WHERE evaluation = ?"
_INSERT_EVENT = (
    "INSERT INTO events (evaluation, at, kind, trial, attempt, outcome, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
)


_TURNS = "SELECT message FROM messages WHERE evaluation = ? AND trial = ? AND attempt = ? ORDER BY position"
_BATCHES = "SELECT DISTINCT json_extract(body, '$.id') FROM events WHERE kind = 'BatchSubmitted' AND json_valid(body)"
_NUMBERS_KNOWN = """
SELECT given FROM numbers
UNION ALL SELECT max(id) FROM evaluations
UNION ALL SELECT max(evaluation) FROM events
UNION ALL SELECT max(evaluation) FROM messages
UNION ALL SELECT max(evaluation) FROM ended_trials
UNION ALL SELECT max(evaluation) FROM gradings
UNION ALL SELECT max(evaluation) FROM repeats
UNION ALL SELECT max(evaluation) FROM annotations
"""
"""All numbers that were given or that rows refer to, so that planted rows never appear under a new number."""


def _digest_in(config: object) -> str | None:
    try:
        return config_from(json_value(config)).imported_digest
    except Unreadable:
        return None


def _turn(text: object) -> Message | Unreadable:
    try:
        return Message.from_json(json_value(text, strictly=False))
    except Unreadable as error:
        return error


def _row(evaluation: int, event: Event) -> tuple[object, ...]:
    trial = event.trial if isinstance(event, TrialEvent) else None
    attempt = event.attempt if isinstance(event, AttemptEvent) else None
    outcome = str(event.verdict.outcome) if isinstance(event, VerdictReached) else None
    return (evaluation, event.at, type(event).__name__, trial, attempt, outcome, body_text(event))
