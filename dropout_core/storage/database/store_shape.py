"""Expected content of a store's file: only the tables and indexes that this program makes.

A file from someone else may contain code that SQLite runs whenever rows are read or written: views in place of tables,
triggers, indexes on expressions, virtual tables. Such a file is refused before anything in it runs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from functools import cache

from dropout_core.storage.database import schema
from dropout_core.values.stored.value import shown


def distrust(connection: sqlite3.Connection) -> None:
    """Keep the file's schema from calling functions, and from being changed."""
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    defensive = getattr(sqlite3, "SQLITE_DBCONFIG_DEFENSIVE", None)
    # Python can set it from 3.12 on.
    if defensive is not None and hasattr(connection, "setconfig"):
        connection.setconfig(defensive, True)


def misshapen(connection: sqlite3.Connection, version: int) -> str | None:
    """First thing in the file that is unexpected or missing, after `version` steps of the schema."""
    wanted = _wanted(version)
    found = {}
    for kind, name, table, sql in connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master"):
        found[name] = _plain(sql)
        if kind in ("view", "trigger"):
            return f"it holds a {kind} {shown(name)}, which dropout-tui does not make"
        if found[name].startswith("createvirtual"):
            return f"it holds a virtual table {shown(name)}, which dropout-tui does not make"
        if kind == "index" and sql is not None and table in wanted and name not in wanted:
            return f"it holds an index {shown(name)}, which dropout-tui does not make"
    for name, sql in wanted.items():
        if found.get(name) != sql:
            return f"its {name} {'is missing' if name not in found else 'is not as dropout-tui makes it'}"
    return None


@cache
def _wanted(version: int) -> Mapping[str, str]:
    """Name of each table and index -> the statement that makes it."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        schema.take(connection, schema.steps_up_to(version))
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        return {name: _plain(sql) for name, sql in rows}
    finally:
        connection.close()


def _plain(sql: object) -> str:
    """The statement without white space and capitals, which differ between versions of SQLite."""
    return "".join(str(sql).split()).lower()
