"""Audit of a grader: answers with known verdicts are graded, and wrong verdicts reported."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from dropout_core.audit.corpus import Answer, answers_for
from dropout_core.audit.coverage import prompt_gaps
from dropout_core.audit.report import AuditReport, AuditRow, row_of
from dropout_core.task.definition import Task
from dropout_core.task.sources.loading import load_task
from dropout_core.values.seeds import derived_seed
from dropout_core.values.task_names import DROPOUT
from dropout_core.verdict.known_answers import Fault, Kind
from dropout_core.verdict.verdict import Grading, Verdict

GraderFactory = Callable[[str], AbstractAsyncContextManager[Grading]]
"""Makes a grader for a suite."""


def _ignored(_: AuditRow) -> None:
    """Progress callback that does nothing."""


async def audit(
    grader_factory: GraderFactory,
    suite: str,
    seeds: Sequence[int],
    *,
    answers: tuple[Answer, ...] | None = None,
    concurrency: int = 2,
    task: Task | None = None,
    on_row: Callable[[AuditRow], None] = _ignored,
) -> AuditReport:
    """Grade every answer with as many seeds as there are in `seeds`, at most `concurrency` at a time.

    `task` is dropout and `answers` are the built-in ones unless given. What is graded together shares one grader, and
    so one sandbox. Hostile answers come last, one at a time, each followed by a right answer, which must pass. `on_row`
    is called as each grading ends.

    Raises:
        UnknownSuite: no suite has this name.
    """
    task = load_task(DROPOUT) if task is None else task
    task.suite(suite)
    chosen = answers_for(suite, answers, task)
    rows: list[AuditRow] = []

    def noted(row: AuditRow) -> None:
        rows.append(row)
        on_row(row)

    async def graded(answer: Answer, seed: int) -> Verdict | AuditRow:
        try:
            return await grader.grade(answer.code, seed=seed)
        except Exception as error:  # no answer may make grading raise: this one did
            what = f"grading raised {type(error).__name__}: {error}"
            return AuditRow(answer, seed, what, 0.0, Fault.NOT_CONTAINED, what)

    async def work(queue: Iterator[tuple[Answer, int]]) -> None:
        for answer, seed in queue:
            result = await graded(answer, seed)
            noted(result if isinstance(result, AuditRow) else row_of(answer, seed, result))

    async def attacked(answer: Answer, seed: int) -> None:
        result = await graded(answer, seed)
        row = result if isinstance(result, AuditRow) else row_of(answer, seed, result)
        witness = next((one for one in chosen if one.kind is Kind.RIGHT), None)
        if witness is not None and row.fault is None:
            after = await graded(witness, seed)
            if isinstance(after, AuditRow) or not after.passed:
                detail = f"a right answer after it did not pass: {after.reason}"
                row = replace(row, fault=Fault.NOT_CONTAINED, detail=detail)
        noted(row)

    async with grader_factory(suite) as grader:
        tame = _with_seeds([answer for answer in chosen if answer.kind is not Kind.HOSTILE], seeds)
        async with asyncio.TaskGroup() as workers:
            for _ in range(max(1, concurrency)):
                workers.create_task(work(tame))
        for answer, seed in _with_seeds([one for one in chosen if one.kind is Kind.HOSTILE], seeds):
            await attacked(answer, seed)
    return report_of(suite, task, rows)


def report_of(suite: str, task: Task, rows: Iterable[AuditRow]) -> AuditReport:
    """What the gradings of a suite come to, be they all or not."""
    return AuditReport(suite, task.version, tuple(rows), prompt_gaps(suite, task), task.name)


def _with_seeds(answers: Sequence[Answer], seeds: Sequence[int]) -> Iterator[tuple[Answer, int]]:
    """Every answer with every seed, each combination with a seed of its own."""
    for seed, answer in itertools.product(seeds, answers):
        yield answer, derived_seed(seed, answer.kind, answer.name)
