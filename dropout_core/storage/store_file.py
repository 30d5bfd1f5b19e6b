"""The SQLite file of a store: opened, checked, and read and written one program at a time."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dropout_core.storage import schema
from dropout_core.storage.errors import DamagedEvaluation, StoreBlocked, StoreUnusable, explained
from dropout_core.storage.listing import TOO_LARGE
from dropout_core.storage.store_shape import distrust, misshapen
from dropout_core.values.private_files import close_to_others, make_file, make_folder
from dropout_core.values.stored_value import MOST_BYTES, Unreadable

IN_MEMORY = ":memory:"
"""Path of a store without a file, which is gone when it is closed."""
LOCK_SECONDS = 10.0
"""Seconds to wait for another program that uses the store."""
_BESIDE = ("-wal", "-shm", "-journal", "-leases")
"""Suffixes of files beside the store."""
APPLICATION_ID = 0x64_72_6F_70  # "drop"


class StoreFile:
    """One SQLite file. Safe to use from several threads; several programs may share it."""

    def __init__(self, path: Path, *, lock_seconds: float = LOCK_SECONDS) -> None:
        """Open the file, making it if it is not there. Another program's lock is waited for `lock_seconds`.

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
        with self.one_moment():
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
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Transaction for writes: all of them become durable, or none.

        Raises:
            StoreBlocked: the file is gone from its place, or has no room, and may take them later.
            StoreUnusable: it cannot be written.
        """
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
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Connection for a single read."""
        with self._lock, self._explained():
            yield self._connection

    @contextmanager
    def one_moment(self, evaluation: int | None = None) -> Iterator[sqlite3.Connection]:
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
