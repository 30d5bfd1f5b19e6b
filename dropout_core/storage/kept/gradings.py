"""Gradings of stored answers by other suites than they were run with: kept, so that each is made once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from dropout_core.values.stored.compact_json import dump
from dropout_core.values.stored.value import Unreadable, count, json_value, text
from dropout_core.verdict.check import CheckStatus
from dropout_core.verdict.verdict import Outcome

Statuses = tuple[tuple[str, CheckStatus], ...]
_KEEP = "INSERT OR REPLACE INTO gradings VALUES (?, ?, ?, ?, ?, ?)"
_KEPT = "SELECT trial, attempt, suite, rules, said FROM gradings WHERE evaluation = ?"


def rules_of(version: int, digest: str | None) -> str:
    """What tells the rules of a suite from others: the task's version, and the digest of its file if it has one."""
    return f"{version}:{digest or ''}"


@dataclass(frozen=True, slots=True)
class KeptGrading:
    """What one suite says of the answer of one attempt."""

    trial: int
    attempt: int
    suite: str
    rules: str
    """Which rules the suite had, as `rules_of` tells them. Others may judge otherwise."""
    outcome: Outcome
    statuses: Statuses
    """Ids of the checks and how they ended, in order."""


def keep_gradings(connection: sqlite3.Connection, evaluation: int, gradings: Iterable[KeptGrading]) -> None:
    """Store gradings, in the place of those of the same answers by the same rules."""
    connection.executemany(
        _KEEP, ((evaluation, one.trial, one.attempt, one.suite, one.rules, _said(one)) for one in gradings)
    )


def kept_gradings(connection: sqlite3.Connection, evaluation: int) -> tuple[KeptGrading, ...]:
    """All of an evaluation. One that cannot be read is left out: it is made once more."""
    return tuple(
        grading for row in connection.execute(_KEPT, (evaluation,)) if (grading := _grading(*row)) is not None
    )


def _said(grading: KeptGrading) -> str:
    return dump(
        {
            "outcome": str(grading.outcome),
            "checks": [[id_, str(status)] for id_, status in grading.statuses],
        }
    )


def _grading(
    trial: object, attempt: object, suite: object, rules: object, said: object
) -> KeptGrading | None:
    try:
        value = json_value(said)
        return KeptGrading(
            count(trial),
            count(attempt),
            text(suite),
            text(rules),
            Outcome(value["outcome"]),
            tuple((text(id_), CheckStatus(status)) for id_, status in value["checks"]),
        )
    except (Unreadable, ValueError, TypeError, KeyError):
        return None
