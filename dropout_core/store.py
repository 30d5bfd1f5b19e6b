"""The SQLite file that keeps every evaluation: its events, and the conversations beside them."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from dropout_core import schema
from dropout_core.config import EvaluationConfig
from dropout_core.conversation import Message
from dropout_core.ended_trials import ended_trials, keep_ended_trials, stored_in_order
from dropout_core.events import (
    FLEETING,
    AttemptEvent,
    EvaluationEnded,
    EvaluationReopened,
    EvaluationStarted,
    Event,
    MessageAdded,
    TrialEvent,
    VerdictReached,
    body_text,
    event_from,
)
from dropout_core.in_order import InOrder
from dropout_core.state import EvaluationState, replay
from dropout_core.statistics import Decision, decide, wilson_interval
from dropout_core.store_faults import StoreBlocked, StoreUnusable, explained
from dropout_core.stored_json import dump
from dropout_core.trial_state import TrialState

__all__ = ["EvaluationSummary", "Store", "StoreUnusable", "UnknownEvaluation"]

LOCK_SECONDS = 10.0
"""How long to wait for another program that uses the store."""
APPLICATION_ID = 0x64_72_6F_70  # "drop"
_NOT_KNOWN: Mapping[int, TrialState] = MappingProxyType({})


class UnknownEvaluation(LookupError):
    """The store holds no evaluation of this number."""


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
    in_order: InOrder
    """The trials up to the first that is still under way, which alone decide."""

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
        """Where the rate lies relative to the band, as the evaluation itself decides."""
        return decide(self.in_order.passed, self.in_order.graded, self.config.band)


class Store:
    """One SQLite file. Safe to use from several threads; several programs may share the file."""

    def __init__(self, path: Path, *, lock_seconds: float = LOCK_SECONDS) -> None:
        """Open the store, making it if it is not there. Another program's lock is waited for `lock_seconds`.

        Raises:
            StoreUnusable: the file cannot be opened, or is something else.
        """
        self.path = path
        self._lock = threading.Lock()
        self._lock_seconds = lock_seconds
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() and not path.is_file():
                raise StoreUnusable(
                    f"cannot use the store {path}: it is not a regular file; give another --store"
                )
            self._connection = sqlite3.connect(
                path, timeout=lock_seconds, isolation_level=None, check_same_thread=False
            )
            self._file = _identity(path)
        try:
            with self._explained():
                self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def create(self, event: EvaluationStarted, claimed: Callable[[int], object] | None = None) -> int:
        """Store a new evaluation and return its number.

        `claimed` is called with the number before anyone else can know of it; nothing is stored when it raises.
        """
        with self._transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO evaluations (started_at, config) VALUES (?, ?)",
                (event.at, dump(event.config.to_json())),
            )
            number = cursor.lastrowid
            if number is None:
                raise StoreUnusable(f"the store {self.path} gave the new evaluation no number")
            # The number may have been that of one deleted since, of which nothing may come back.
            connection.execute("DELETE FROM ended_trials WHERE evaluation = ?", (number,))
            connection.execute(_INSERT_EVENT, _row(number, event))
            if claimed is not None:
                claimed(number)
        return number

    def append(
        self, evaluation: int, events: Sequence[Event], standing: Mapping[int, TrialState] = _NOT_KNOWN
    ) -> None:
        """Make `events` durable, all or none. The fleeting ones are left out.

        `standing` says how trials stand after `events`, as far as that is known; what is kept of a trial that ends
        is then not folded once more from what is stored of it.
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
        endings = [event for event in kept if isinstance(event, EvaluationEnded | EvaluationReopened)]
        with self._transaction() as connection:
            connection.executemany(_INSERT_EVENT, rows)
            connection.executemany("INSERT INTO messages VALUES (?, ?, ?, ?, ?)", turns)
            keep_ended_trials(connection, evaluation, kept, standing)
            for ending in endings:
                # The event has the reason as it was; SQLite's text cannot hold lone surrogates.
                reason = (
                    ending.reason.encode("utf-8", "replace").decode()
                    if isinstance(ending, EvaluationEnded)
                    else None
                )
                connection.execute(
                    "UPDATE evaluations SET stop_reason = ? WHERE id = ?", (reason, evaluation)
                )

    def state(self, evaluation: int) -> EvaluationState:
        """The state of a stored evaluation.

        Raises:
            UnknownEvaluation: there is none of this number.
        """
        with self._reading() as connection:
            # Both from the same moment, whatever another program commits in between.
            connection.execute("BEGIN")
            try:
                rows = connection.execute(_EVENTS_BESIDE_SNAPSHOTS, (evaluation,)).fetchall()
                ended = ended_trials(connection, evaluation)
                latest = connection.execute(
                    "SELECT at FROM events WHERE evaluation = ? ORDER BY position DESC LIMIT 1", (evaluation,)
                ).fetchone()
            finally:
                connection.execute("COMMIT")
        if not rows:
            raise UnknownEvaluation(f"there is no evaluation {evaluation} in {self.path}")
        beside = (event_from(kind, at, t, a, json.loads(body)) for kind, at, t, a, body in rows)
        return replace(replay(beside, ended), latest_at=latest[0])

    def conversation(self, evaluation: int, trial: int, attempt: int) -> tuple[Message, ...]:
        """The turns of one attempt, in order; empty when there are none."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT message FROM messages WHERE evaluation = ? AND trial = ? AND attempt = ? ORDER BY position",
                (evaluation, trial, attempt),
            ).fetchall()
        return tuple(Message.from_json(json.loads(text)) for (text,) in rows)

    def history(self) -> tuple[EvaluationSummary, ...]:
        """All evaluations, the newest first."""
        with self._reading() as connection:
            # All from the same moment, whatever another program commits in between.
            connection.execute("BEGIN")
            try:
                rows = connection.execute(_EVALUATIONS).fetchall()
                return tuple(_summary(connection, *row) for row in rows)
            finally:
                connection.execute("COMMIT")

    def newest_unfinished(self, *, or_with_voids: bool = False) -> int | None:
        """The newest evaluation that has not ended, or has void trials when those count; ``None`` if none is so."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT max(id) FROM evaluations WHERE coalesce(stop_reason, '') NOT IN ('completed', 'decided')"
                " OR (? AND void > 0)",
                (or_with_voids,),
            ).fetchone()
        return row[0] if row else None

    def delete(self, evaluation: int) -> None:
        """Remove an evaluation with everything it had. The caller holds its lease. Its number may be given again.

        Raises:
            UnknownEvaluation: there is none of this number.
        """
        with self._transaction() as connection:
            for table in ("messages", "events", "ended_trials"):
                connection.execute(f"DELETE FROM {table} WHERE evaluation = ?", (evaluation,))  # noqa: S608
            deleted = connection.execute("DELETE FROM evaluations WHERE id = ?", (evaluation,)).rowcount
        if not deleted:
            raise UnknownEvaluation(f"there is no evaluation {evaluation} in {self.path}")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _prepare(self) -> None:
        connection = self._connection
        # The tables first: where another program is just making them, the marks below come with them.
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = schema.version_of(connection)
        if tables and application != APPLICATION_ID:
            raise StoreUnusable(f"{self.path} is the database of another program; give another --store")
        if version > schema.VERSION:
            raise StoreUnusable(
                f"{self.path} was written by a newer dropout-tui (schema {version}, this one knows"
                f" {schema.VERSION}); upgrade, or give another --store"
            )
        self._keep_a_write_ahead_log()
        connection.execute("PRAGMA synchronous = FULL")
        if version < schema.VERSION:
            self._lay_out()

    def _keep_a_write_ahead_log(self) -> None:
        """Switch to WAL, for which SQLite does not wait as it does for other locks when programs start at once."""
        give_up_at = time.monotonic() + self._lock_seconds
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > give_up_at:
                    raise
                time.sleep(0.01)

    def _lay_out(self) -> None:
        """Make the tables or bring them up to date, unless another program has just done so."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            schema.bring_up_to_date(self._connection)
            self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._explained():
            if _identity(self.path) != self._file:
                # Nothing would fail, and nothing that is written would be found again.
                raise StoreBlocked(f"the store {self.path} has been moved or deleted; put it back")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._explained():
            yield self._connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the file system and SQLite say into one line."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise explained(error, self.path) from error


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file it is, whatever its name; ``None`` when there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _summary(
    connection: sqlite3.Connection,
    number: int,
    started_at: float,
    config_text: str,
    stop_reason: str | None,
    passed: int,
    failed: int,
    void: int,
) -> EvaluationSummary:
    config = EvaluationConfig.from_json(json.loads(config_text))
    if passed + failed == config.runs:
        in_order = InOrder(config.runs, passed, failed)
    else:
        in_order = stored_in_order(connection, number, config.runs)
    return EvaluationSummary(number, started_at, config, passed, failed, void, stop_reason, in_order)


_EVALUATIONS = (
    "SELECT id, started_at, config, stop_reason, passed, failed, void FROM evaluations ORDER BY id DESC"
)

_INSERT_EVENT = (
    "INSERT INTO events (evaluation, at, kind, trial, attempt, outcome, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
)

# An event of a trial that has ended is in the trial's snapshot, unless it came after that.
_EVENTS_BESIDE_SNAPSHOTS = """
SELECT e.kind, e.at, e.trial, e.attempt, e.body FROM events AS e
LEFT JOIN ended_trials AS t ON t.evaluation = e.evaluation AND t.trial = e.trial
WHERE e.evaluation = ? AND (t.position IS NULL OR e.position > t.position)
ORDER BY e.position
"""


def _row(evaluation: int, event: Event) -> tuple[object, ...]:
    trial = event.trial if isinstance(event, TrialEvent) else None
    attempt = event.attempt if isinstance(event, AttemptEvent) else None
    outcome = str(event.verdict.outcome) if isinstance(event, VerdictReached) else None
    return (evaluation, event.at, type(event).__name__, trial, attempt, outcome, body_text(event))
