"""The store's tables, as the steps that make them: a new file goes through all, an older one through the rest.

A step that has been released is never changed; what is to be otherwise is one more step.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

_FIRST = """
CREATE TABLE evaluations (
    id          INTEGER PRIMARY KEY,
    started_at  REAL NOT NULL,
    config      TEXT NOT NULL,
    stop_reason TEXT
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
CREATE INDEX events_of_evaluation ON events (evaluation, position);
CREATE INDEX verdicts ON events (evaluation, trial, attempt, outcome) WHERE outcome IS NOT NULL;
CREATE TABLE messages (
    evaluation INTEGER NOT NULL REFERENCES evaluations(id),
    trial      INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    message    TEXT NOT NULL,
    PRIMARY KEY (evaluation, trial, attempt, position)
) WITHOUT ROWID
"""

# The counts are those of the first graded attempt of each trial: SQLite takes the other columns from the row that
# holds the min(). A trial that has ended without one is void.
_COUNTS_AND_ENDED_TRIALS = """
ALTER TABLE evaluations ADD COLUMN passed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE evaluations ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE evaluations ADD COLUMN void INTEGER NOT NULL DEFAULT 0;
WITH counted AS (
    SELECT evaluation, trial, outcome, min(attempt) FROM events
    WHERE outcome IN ('passed', 'failed') GROUP BY evaluation, trial
), ended AS (
    SELECT evaluation, count(DISTINCT trial) AS trials FROM events WHERE outcome IS NOT NULL GROUP BY evaluation
)
UPDATE evaluations SET
    passed = (SELECT count(*) FROM counted WHERE evaluation = id AND outcome = 'passed'),
    failed = (SELECT count(*) FROM counted WHERE evaluation = id AND outcome = 'failed'),
    void = coalesce((SELECT trials FROM ended WHERE evaluation = id), 0)
           - (SELECT count(*) FROM counted WHERE evaluation = id);
DROP INDEX events_of_evaluation;
CREATE INDEX events_in_order ON events (evaluation, position, trial);
CREATE INDEX events_of_trial ON events (evaluation, trial, position);
CREATE TABLE ended_trials (
    evaluation INTEGER NOT NULL REFERENCES evaluations(id),
    trial      INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    attempts   TEXT NOT NULL,
    checks     BLOB NOT NULL,
    UNIQUE (evaluation, trial)
);
CREATE INDEX ends_of_trials ON ended_trials (evaluation, trial, position)
"""

# A number is given once, also when its evaluation has been deleted since.
_FORMATS_AND_NUMBERS = """
ALTER TABLE evaluations ADD COLUMN format INTEGER NOT NULL DEFAULT 1;
CREATE TABLE numbers (given INTEGER NOT NULL);
INSERT INTO numbers SELECT coalesce(max(id), 0) FROM evaluations
"""

# Of answers by other suites than they were run with.
_GRADINGS = """
CREATE TABLE gradings (
    evaluation INTEGER NOT NULL REFERENCES evaluations(id),
    trial      INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    suite      TEXT NOT NULL,
    rules      TEXT NOT NULL,
    said       TEXT NOT NULL,
    PRIMARY KEY (evaluation, trial, attempt, suite, rules)
) WITHOUT ROWID
"""

STEPS = (_FIRST, _COUNTS_AND_ENDED_TRIALS, _FORMATS_AND_NUMBERS, _GRADINGS)
VERSION = len(STEPS)


def version_of(connection: sqlite3.Connection) -> int:
    """How many of the steps a file has been through."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def take(connection: sqlite3.Connection, steps: Iterable[str]) -> None:
    """Take some of the steps."""
    for step in steps:
        for statement in step.split(";"):
            connection.execute(statement)


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Take the steps that are still to be taken. To be called inside a transaction."""
    take(connection, STEPS[version_of(connection) :])
    connection.execute(f"PRAGMA user_version = {VERSION}")
