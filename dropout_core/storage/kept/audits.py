"""What audits of the grader found: kept with the evaluations, whose review shows it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from dropout_core.values.stored.compact_json import dump
from dropout_core.values.stored.value import Unreadable, count, fields_reader, json_value, sequence_of, text
from dropout_core.verdict.known_answers import Fault, Kind

MOST_READ = 50
"""Audits of one suite that are looked at, the newest."""
_KEEP = "INSERT INTO audits (task, suite, said) VALUES (?, ?, ?)"
_KEPT = "SELECT said FROM audits WHERE task = ? AND suite = ? ORDER BY id DESC LIMIT ?"


@dataclass(frozen=True, slots=True)
class AuditedAnswer:
    """What an audit found of one answer."""

    kind: Kind
    name: str
    digest: str
    """Of its code and of what is expected of it."""
    gradings: int
    folder: str = ""
    """The user's folder that it is in; empty for one that comes with the task."""
    faults: Mapping[str, int] = field(default_factory=dict)
    """How many gradings made which mistake."""
    seed: int | None = None
    """Seed of the first grading that made one."""
    failed: tuple[str, ...] = ()
    """Ids of the checks that failed it at least once."""

    def count(self, *faults: Fault) -> int:
        """Number of gradings that made one of these mistakes."""
        return sum(self.faults.get(fault, 0) for fault in faults)


@dataclass(frozen=True, slots=True)
class KeptAudit:
    """What an audit of one suite found."""

    at: float
    """When it ended, in seconds since the epoch."""
    task: str
    version: int
    """Version of the task, and so of the suite."""
    digest: str | None
    """Of the task's file; `None` where it has none."""
    suite: str
    seed: int
    """The seed that those of its gradings follow from."""
    seeds: int
    """How often it was to grade each answer."""
    planned: int
    """Gradings that it was to make. An interrupted one made fewer."""
    isolation: str
    answers: tuple[AuditedAnswer, ...]

    @property
    def gradings(self) -> int:
        """Gradings that it made."""
        return sum(one.gradings for one in self.answers)

    @property
    def is_whole(self) -> bool:
        """Whether it was not interrupted."""
        return self.gradings >= self.planned


def keep_audit(connection: sqlite3.Connection, audit: KeptAudit) -> None:
    """Store what an audit found."""
    connection.execute(_KEEP, (audit.task, audit.suite, dump(asdict(audit))))


def kept_audits(connection: sqlite3.Connection, task: str, suite: str) -> tuple[KeptAudit, ...]:
    """The audits of a suite of the task of this name, by whatever rules, the newest first. One that cannot be read is
    left out: it is made once more."""
    rows = connection.execute(_KEPT, (task, suite, MOST_READ))
    return tuple(audit for (said,) in rows if (audit := _audit(said)) is not None)


def _audit(said: object) -> KeptAudit | None:
    try:
        return KeptAudit(**_read(json_value(said)))
    except Unreadable:
        return None


def _answer(value: Any) -> AuditedAnswer:
    return AuditedAnswer(**_read_answer(value))


def _faults(value: Any) -> Mapping[str, int]:
    if not isinstance(value, dict):
        raise Unreadable("it is not an object")
    return {text(fault): count(times) for fault, times in value.items()}


_read = fields_reader(KeptAudit, {"answers": sequence_of(_answer)})
_read_answer = fields_reader(AuditedAnswer, {"faults": _faults, "failed": sequence_of(text)})
