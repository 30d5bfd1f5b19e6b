"""Store of all evaluations in one SQLite file: their events, and the conversations beside them."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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
from dropout_core.storage import schema
from dropout_core.storage.errors import DamagedEvaluation, StoreBlocked, StoreUnusable, explained
from dropout_core.storage.event_format import FORMAT
from dropout_core.storage.gradings import KeptGrading, keep_gradings, kept_gradings
from dropout_core.storage.listing import (
    HIGHEST_NUMBER,
    TOO_LARGE,
    EvaluationSummary,
    Listing,
    known_format,
    listing,
)
from dropout_core.storage.snapshots import keep_ended_trials
from dropout_core.storage.standing import CHANGES_STANDING, keep_standing
from dropout_core.storage.store_shape import distrust, misshapen
from dropout_core.storage.stored_state import stored_state
from dropout_core.values.compact_json import dump
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.conversation import Message
from dropout_core.values.private_files import close_to_others, make_file, make_folder
from dropout_core.values.stored_value import MOST_BYTES, Unreadable, json_value

__all__ = ["DamagedEvaluation", "EvaluationSummary", "Store", "StoreUnusable", "UnknownEvaluation"]

IN_MEMORY = ":memory:"
"""Path of a store without a file, which is gone when it is closed."""
LOCK_SECONDS = 10.0
"""Seconds to wait for another program that uses the store."""
_BESIDE = ("-wal", "-shm", "-journal", "-leases")
"""Suffixes of files beside the store."""
APPLICATION_ID = 0x64_72_6F_70  # "drop"
_NOT_KNOWN: Mapping[int, TrialState] = MappingProxyType({})


class UnknownEvaluation(LookupError):
    """The store holds no evaluation of this number."""


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
            in_memory = str(path) == IN_MEMORY
            if not in_memory:
                make_folder(path.parent)
            if path.exists() and not path.is_file():
                raise StoreUnusable(
                    f"cannot use the store {path}: it is not a regular file; give another --store"
                )
            if not in_memory:
                make_file(path)
            self._connection = sqlite3.connect(
                path, timeout=lock_seconds, isolation_level=None, check_same_thread=False
            )
            self._file = _identity(path)
        try:
            with self._explained():
                # Files that SQLite creates beside a database get the permissions of the database.
                self._close_to_others()
                self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def create(self, event: EvaluationStarted, claimed: Callable[[int], object] | None = None) -> int:
        """Store a new evaluation and return its number, which none has had before.

        `claimed` is called with the number before anyone else can know of it; nothing is stored when it raises.
        """
        with self._transaction() as connection:
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
        changes = [event for event in kept if isinstance(event, CHANGES_STANDING)]
        with self._transaction() as connection:
            connection.executemany(_INSERT_EVENT, rows)
            connection.executemany("INSERT INTO messages VALUES (?, ?, ?, ?, ?)", turns)
            try:
                keep_ended_trials(connection, evaluation, kept, known)
                for change in changes:
                    keep_standing(connection, evaluation, change)
            except Unreadable as error:
                raise DamagedEvaluation(evaluation, str(error)) from None

    def state(self, evaluation: int) -> EvaluationState:
        """State of a stored evaluation; `damage` lists what could not be read.

        Raises:
            UnknownEvaluation: there is none of this number.
            DamagedEvaluation: nothing can be said of it.
        """
        with self._one_moment(evaluation) as connection:
            row = connection.execute("SELECT format FROM evaluations WHERE id = ?", (evaluation,)).fetchone()
            if row is not None:
                known_format(row[0])
            state = stored_state(connection, evaluation)
            if state is None and row is not None:
                raise Unreadable("its beginning is missing")
        if state is None or row is None:
            raise UnknownEvaluation(f"there is no evaluation {evaluation} in {self.path}")
        return state

    def config(self, evaluation: int) -> EvaluationConfig:
        """Configuration of a stored evaluation.

        Raises:
            UnknownEvaluation: there is none of this number.
            DamagedEvaluation: it cannot be read.
        """
        with self._one_moment(evaluation) as connection:
            row = connection.execute("SELECT config FROM evaluations WHERE id = ?", (evaluation,)).fetchone()
            if row is not None:
                return config_from(json_value(row[0]))
        raise UnknownEvaluation(f"there is no evaluation {evaluation} in {self.path}")

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
        with self._one_moment(evaluation) as connection:
            try:
                rows = connection.execute(_TURNS, (evaluation, trial, attempt)).fetchall()
            except sqlite3.DataError:
                return [Unreadable(TOO_LARGE)]
        return [_turn(text) for (text,) in rows]

    def keep_gradings(self, evaluation: int, gradings: Sequence[KeptGrading]) -> None:
        """Make gradings of stored answers durable, unless the evaluation has been deleted meanwhile."""
        with self._transaction() as connection:
            if connection.execute("SELECT 1 FROM evaluations WHERE id = ?", (evaluation,)).fetchone():
                keep_gradings(connection, evaluation, gradings)

    def kept_gradings(self, evaluation: int) -> tuple[KeptGrading, ...]:
        """The gradings that were kept of an evaluation's answers."""
        with self._one_moment(evaluation) as connection:
            return kept_gradings(connection, evaluation)

    def history(self) -> tuple[EvaluationSummary, ...]:
        """Readable evaluations, the newest first."""
        return self.listing().readable

    def listing(self) -> Listing:
        """All evaluations, the newest first, with the reasons why some cannot be read."""
        with self._one_moment() as connection:
            return listing(connection)

    def newest_unfinished(self, *, or_with_voids: bool = False) -> int | None:
        """Newest evaluation that has not ended, or has void trials when those count; ``None`` if there is none."""
        with self._reading() as connection:
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
        with self._transaction() as connection:
            for table in ("messages", "events", "ended_trials", "gradings"):
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
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES)
        # Invalid text is detected where it is used: an error here would affect the other rows too.
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        distrust(connection)
        with self._one_moment():
            version = self._examined(connection)
        self._keep_a_write_ahead_log()
        connection.execute("PRAGMA synchronous = FULL")
        if version < schema.VERSION:
            self._lay_out()

    def _examined(self, connection: sqlite3.Connection) -> int:
        """Version of the schema, after checking that the file is a store and contains nothing else."""
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
        if 0 < version <= schema.UNRELEASED:
            raise StoreUnusable(
                f"{self.path} was written by a dropout-tui from before its first release; give another --store"
            )
        why = "it says that it has no schema" if tables and version < 1 else misshapen(connection, version)
        if why is not None:
            raise StoreUnusable(
                f"cannot use the store {self.path}: {why}; use a copy from before, or another --store"
            )
        return version

    def _close_to_others(self) -> None:
        for suffix in ("", *_BESIDE):
            close_to_others(self.path.with_name(self.path.name + suffix))

    def _keep_a_write_ahead_log(self) -> None:
        """Switch to WAL. SQLite does not wait for this lock by itself when programs start at once."""
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
        """Create or upgrade the tables, unless another program has just done so."""
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
                # Writing would succeed, but into a file that nobody finds again.
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
    def _one_moment(self, evaluation: int | None = None) -> Iterator[sqlite3.Connection]:
        """Transaction for reads, so that all see the same moment; of one `evaluation`, if given."""
        try:
            with self._lock, self._explained():
                self._connection.execute("BEGIN")
                try:
                    yield self._connection
                finally:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
        except Unreadable as error:
            if evaluation is None:
                raise
            raise DamagedEvaluation(evaluation, str(error)) from None
        except StoreUnusable as error:
            if evaluation is None or not isinstance(error.__cause__, sqlite3.DataError):
                raise
            raise DamagedEvaluation(evaluation, TOO_LARGE) from None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn errors of the file system and of SQLite into one line."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise explained(error, self.path) from error


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and number of the file, whatever its name; ``None`` when there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


_INSERT_EVENT = (
    "INSERT INTO events (evaluation, at, kind, trial, attempt, outcome, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
)


_TURNS = "SELECT message FROM messages WHERE evaluation = ? AND trial = ? AND attempt = ? ORDER BY position"
_NUMBERS_KNOWN = """
SELECT given FROM numbers
UNION ALL SELECT max(id) FROM evaluations
UNION ALL SELECT max(evaluation) FROM events
UNION ALL SELECT max(evaluation) FROM messages
UNION ALL SELECT max(evaluation) FROM ended_trials
UNION ALL SELECT max(evaluation) FROM gradings
"""
"""All numbers that were given or that rows refer to, so that planted rows never appear under a new number."""


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
