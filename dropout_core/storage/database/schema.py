"""Schema of the store, as a list of steps: a new file goes through all, an older one through the rest.

A step that has been released is never changed; any change is one more step.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

# The counts are those of the first graded attempt of each trial; a trial that has ended without one is void.
# A number is never reused, even when its evaluation has been deleted. Gradings are those by other suites than an
# evaluation was run with, and repeats those by its own with other seeds. Audits belong to no evaluation.
_FIRST = """
CREATE TABLE evaluations (
    id          INTEGER PRIMARY KEY,
    format      INTEGER NOT NULL,
    started_at  REAL NOT NULL,
    config      TEXT NOT NULL,
    stop_reason TEXT,
    passed      INTEGER NOT NULL DEFAULT 0,
    failed      INTEGER NOT NULL DEFAULT 0,
    void        INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE events (
    position   INTEGER PRIMARY KEY,
    evaluation INTEGER NOT NULL REFERENCES evaluations(id),
    at         REAL NOT NULL,
    kind       TEXT NOT NULL,
    trial      INTEGER,
    attempt    INTEGER,
    outcome    TEXT,
    body       TEXT NOT NULL
);
CREATE INDEX events_in_order ON events (evaluation, position, trial);
CREATE INDEX events_of_trial ON events (evaluation, trial, position);
CREATE INDEX plan_changes ON events (evaluation, position) WHERE kind = 'PlanChanged';
CREATE INDEX verdicts ON events (evaluation, trial, attempt, outcome) WHERE outcome IS NOT NULL;
CREATE TABLE messages (
    evaluation INTEGER NOT NULL REFERENCES evaluations(id),
    trial      INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    message    TEXT NOT NULL,
    PRIMARY KEY (evaluation, trial, attempt, position)
) WITHOUT ROWID;
CREATE TABLE ended_trials (
    evaluation INTEGER NOT NULL REFERENCES evaluations(id),
    trial      INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    attempts   TEXT NOT NULL,
    checks     BLOB NOT NULL,
    UNIQUE (evaluation, trial)
);
CREATE INDEX ends_of_trials ON ended_trials (evaluation, trial, position);
CREATE TABLE numbers (given INTEGER NOT NULL);
CREATE TABLE gradings (
    evaluation INTEGER NOT NULL REFERENCES evaluations(id),
    trial      INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    suite      TEXT NOT NULL,
    rules      TEXT NOT NULL,
    said       TEXT NOT NULL,
    PRIMARY KEY (evaluation, trial, attempt, suite, rules)
) WITHOUT ROWID;
CREATE TABLE repeats (
    evaluation INTEGER NOT NULL REFERENCES evaluations(id),
    trial      INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    suite      TEXT NOT NULL,
    rules      TEXT NOT NULL,
    seed       INTEGER NOT NULL,
    said       TEXT NOT NULL,
    PRIMARY KEY (evaluation, trial, attempt, suite, rules, seed)
) WITHOUT ROWID;
CREATE TABLE audits (
    id    INTEGER PRIMARY KEY,
    task  TEXT NOT NULL,
    suite TEXT NOT NULL,
    said  TEXT NOT NULL
);
CREATE INDEX audits_of_suite ON audits (task, suite, id);
CREATE TABLE annotations (
    evaluation INTEGER PRIMARY KEY REFERENCES evaluations(id),
    name       TEXT NOT NULL,
    note       TEXT NOT NULL,
    tags       TEXT NOT NULL
)
"""

STEPS = (_FIRST,)
UNRELEASED = 4
"""Files of this version and below were written before the first release, and are not read."""
VERSION = UNRELEASED + len(STEPS)


def version_of(connection: sqlite3.Connection) -> int:
    """Version of a file: `UNRELEASED`, and the number of steps that it has been through; 0 of a new one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def steps_up_to(version: int) -> tuple[str, ...]:
    """The steps that a file of this version has been through."""
    return STEPS[: max(version - UNRELEASED, 0)]


def take(connection: sqlite3.Connection, steps: Iterable[str]) -> None:
    """Apply some of the steps."""
    for step in steps:
        for statement in step.split(";"):
            connection.execute(statement)


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Apply the remaining steps. To be called inside a transaction."""
    taken = len(steps_up_to(version_of(connection)))
    take(connection, STEPS[taken:])
    connection.execute(f"PRAGMA user_version = {VERSION}")
