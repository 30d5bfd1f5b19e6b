"""The SQLite file of a store: opened, checked, and read and written one program at a time."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dropout_core.storage.database import schema
from dropout_core.storage.database.store_shape import distrust, misshapen
from dropout_core.storage.errors import DamagedEvaluation, StoreBlocked, StoreUnusable, explained
from dropout_core.storage.listing import TOO_LARGE
from dropout_core.values.files.private_files import close_to_others, make_file, make_folder
from dropout_core.values.stored.value import MOST_BYTES, Unreadable

IN_MEMORY = ":memory:"
"""Path of a store without a file, which is gone when it is closed."""
LOCK_SECONDS = 10.0
"""Seconds to wait for another program that uses the store."""
_WRITE, _READ = "BEGIN IMMEDIATE", "BEGIN"
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
        # Ctrl-C may strike between taking the lock and giving it back, and closing must not wait for that.
        self.lock = threading.RLock()
        self._lock_seconds = lock_seconds
        with _in_one_line(path):
            in_memory = str(path) == IN_MEMORY
            if not in_memory:
                make_folder(path.parent)
            if path.exists() and not path.is_file():
                raise StoreUnusable(
                    f"cannot use the store {path}: it is not a regular file; give another --store"
                )
            if not in_memory:
                make_file(path)
            self.connection = sqlite3.connect(
                path, timeout=lock_seconds, isolation_level=None, check_same_thread=False
            )
            self._file = _identity(path)
        try:
            with _in_one_line(self.path):
                # Files that SQLite creates beside a database get the permissions of the database.
                self._close_to_others()
                self._prepare()
        except BaseException:
            self.connection.close()
            raise

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            self.connection.close()

    def _prepare(self) -> None:
        connection = self.connection
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
                self.connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > give_up_at:
                    raise
                time.sleep(0.01)

    def _lay_out(self) -> None:
        """Create or upgrade the tables, unless another program has just done so."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            schema.bring_up_to_date(self.connection)
            self.connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self.connection.execute("COMMIT")
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise

    def transaction(self) -> Access:
        """Transaction for writes: all of them become durable, or none.

        Entering it raises `StoreBlocked` where the file is gone from its place, or has no room, and may take them
        later, and `StoreUnusable` where it cannot be written.
        """
        return Access(self, _WRITE)

    def reading(self) -> Access:
        """Connection for a single read."""
        return Access(self)

    def one_moment(self, evaluation: int | None = None) -> Access:
        """Transaction for reads, so that all see the same moment; of one `evaluation`, if given."""
        return Access(self, _READ, evaluation=evaluation)

    def check_place(self) -> None:
        """Refuse to write into a file that nobody would find again.

        Raises:
            StoreBlocked: the file has been moved or deleted.
        """
        if _identity(self.path) != self._file:
            raise StoreBlocked(f"the store {self.path} has been moved or deleted; put it back")


class Access:
    """The connection, held by one thread in a ``with`` block. Errors of the file system and SQLite become one line.

    No generator: one that Ctrl-C strikes on the way in would hold the lock for as long as its traceback is kept.
    """

    def __init__(self, file: StoreFile, begin: str | None = None, *, evaluation: int | None = None) -> None:
        """Begin a transaction with the statement `begin`, if given. `evaluation` is the one that is read."""
        self._file, self._begin, self._evaluation = file, begin, evaluation

    def __enter__(self) -> sqlite3.Connection:
        self._file.lock.acquire()
        try:
            with _in_one_line(self._file.path):
                self._roll_back()  # what Ctrl-C left open
                if self._begin == _WRITE:
                    self._file.check_place()
                if self._begin is not None:
                    self._file.connection.execute(self._begin)
        except BaseException:
            self._file.lock.release()
            raise
        return self._file.connection

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        try:
            with _in_one_line(self._file.path):
                try:
                    if error is not None:
                        raise error
                    if self._begin == _WRITE:
                        self._file.connection.execute("COMMIT")
                finally:
                    self._roll_back()
        except Unreadable as unreadable:
            if self._evaluation is None:
                raise
            raise DamagedEvaluation(self._evaluation, str(unreadable)) from None
        except StoreUnusable as unusable:
            if self._evaluation is None or not isinstance(unusable.__cause__, sqlite3.DataError):
                raise
            raise DamagedEvaluation(self._evaluation, TOO_LARGE) from None
        finally:
            self._file.lock.release()

    def _roll_back(self) -> None:
        if self._file.connection.in_transaction:
            self._file.connection.execute("ROLLBACK")


@contextmanager
def _in_one_line(path: Path) -> Iterator[None]:
    """Turn errors of the file system and of SQLite into one line about the store at `path`."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise explained(error, path) from error


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and number of the file, whatever its name; ``None`` when there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino
