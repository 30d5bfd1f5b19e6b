"""Turns the result of an audit into what the store keeps of it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence

from dropout_core.audit.corpus import Answer
from dropout_core.audit.report import AuditReport, AuditRow
from dropout_core.storage.kept.audits import AuditedAnswer, KeptAudit
from dropout_core.task.definition import Task


def kept(report: AuditReport, task: Task, *, seed: int, seeds: int, planned: int, at: float) -> KeptAudit:
    """What is kept of an audit of `planned` gradings, with as many `seeds` from `seed`, that ended at `at`."""
    rows: dict[Answer, list[AuditRow]] = {}
    for row in report.rows:
        rows.setdefault(row.answer, []).append(row)
    return KeptAudit(
        at=at,
        task=report.task,
        version=report.suite_version,
        digest=task.digest,
        suite=report.suite,
        seed=seed,
        seeds=seeds,
        planned=planned,
        isolation=report.isolation,
        answers=tuple(_audited(answer, of_answer) for answer, of_answer in rows.items()),
    )


def _audited(answer: Answer, rows: Sequence[AuditRow]) -> AuditedAnswer:
    faults = Counter(str(row.fault) for row in rows if row.fault is not None)
    return AuditedAnswer(
        answer.kind,
        answer.name,
        _digest(answer),
        len(rows),
        answer.folder,
        dict(faults),
        next((row.seed for row in rows if row.fault is not None), None),
        tuple(dict.fromkeys(id_ for row in rows for id_ in row.failed)),
    )


def _digest(answer: Answer) -> str:
    """Digest of an answer's code and of what is expected of it."""
    judged_by = None if answer.judged_by is None else sorted(answer.judged_by)
    expected = [sorted(answer.caught_by), sorted(answer.may_also_fail), judged_by]
    return hashlib.sha256(json.dumps([answer.code, expected]).encode()).hexdigest()[:16]
