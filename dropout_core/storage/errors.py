"""Errors of the store's file, in one line each, and whether they may pass while the program runs."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class StoreUnusable(Exception):
    """The store cannot be read or written; the message says what to do, in one line."""


class StoreBlocked(StoreUnusable):
    """The store cannot be used now, but may be later: the disk is full, or it is locked or read-only."""


class DamagedEvaluation(StoreUnusable):
    """One evaluation of the store cannot be read, or not as far as needed; others may be fine."""

    def __init__(self, evaluation: int, why: str) -> None:
        super().__init__(f"evaluation {evaluation}: cannot be read: {why}")


_PRIMARY_CODE = 0xFF
"""Mask for the part of SQLite's result codes that names the kind of error; see https://sqlite.org/rescode.html."""

_MAY_HEAL = {
    sqlite3.SQLITE_FULL: "the disk is full; make room",
    sqlite3.SQLITE_BUSY: "another program has locked it; let that end",
    sqlite3.SQLITE_READONLY: "it cannot be written to; make the file and its folder writable",
    sqlite3.SQLITE_PERM: "it cannot be written to; make the file and its folder writable",
    sqlite3.SQLITE_IOERR: "reading or writing failed; check the disk",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check the file and its folder",
}
_STAYS = {
    sqlite3.SQLITE_NOTADB: "it is not a database; give another --store",
    sqlite3.SQLITE_CORRUPT: "it is damaged; put a copy in its place, or give another --store",
}


def explained(error: OSError | sqlite3.Error, path: Path) -> StoreUnusable:
    """Error of the file system or SQLite, as one line that says what to do."""
    said = f"cannot use the store {path}"
    if isinstance(error, OSError):
        return StoreUnusable(f"{said}: {error.strerror or error}; give another --store")
    code = getattr(error, "sqlite_errorcode", None)
    kind = None if code is None else code & _PRIMARY_CODE
    if kind in _MAY_HEAL:
        return StoreBlocked(f"{said}: {_MAY_HEAL[kind]}, or give another --store ({error})")
    remedy = _STAYS.get(kind, "check the file and its folder, or give another --store") if kind else None
    return StoreUnusable(f"{said}: {remedy or 'check the file and its folder'} ({error})")
