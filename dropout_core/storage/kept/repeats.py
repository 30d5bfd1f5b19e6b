"""Gradings of stored answers with other seeds than the one they were judged with."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from dropout_core.values.stored.value import Unreadable, count, text

_KEEP = "INSERT OR REPLACE INTO repeats VALUES (?, ?, ?, ?, ?, ?, ?)"
_KEPT = "SELECT trial, attempt, suite, rules, seed, said FROM repeats WHERE evaluation = ?"


@dataclass(frozen=True, slots=True)
class KeptRepeat:
    """What one more grading says of the answer of one attempt."""

    trial: int
    attempt: int
    suite: str
    rules: str
    """Which rules the suite had, as `dropout_core.storage.kept.gradings.rules_of` tells them."""
    seed: int
    said: str
    """How the answer ended, and if it failed, by what: see `dropout_core.verdict.repeats.said_of`."""


def keep_repeats(connection: sqlite3.Connection, evaluation: int, repeats: Iterable[KeptRepeat]) -> None:
    """Store gradings, in the place of those of the same answers with the same seeds."""
    connection.executemany(
        _KEEP,
        ((evaluation, one.trial, one.attempt, one.suite, one.rules, one.seed, one.said) for one in repeats),
    )


def kept_repeats(connection: sqlite3.Connection, evaluation: int) -> tuple[KeptRepeat, ...]:
    """All of an evaluation. One that cannot be read is left out."""
    return tuple(
        repeat for row in connection.execute(_KEPT, (evaluation,)) if (repeat := _repeat(*row)) is not None
    )


def _repeat(
    trial: object, attempt: object, suite: object, rules: object, seed: object, said: object
) -> KeptRepeat | None:
    try:
        return KeptRepeat(count(trial), count(attempt), text(suite), text(rules), count(seed), text(said))
    except Unreadable:
        return None
