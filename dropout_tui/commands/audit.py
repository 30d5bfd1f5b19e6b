"""``dropout-tui audit``: grades the grader, on answers whose verdict is known."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from dropout_core.audit.audit import audit, report_of
from dropout_core.audit.corpus import (
    Answer,
    CorpusUnreadable,
    answers_for,
    answers_of,
    read_answers,
)
from dropout_core.audit.keeping import kept
from dropout_core.audit.report import AuditReport, AuditRow, KindSummary
from dropout_core.sandbox import SandboxBroken
from dropout_core.statistics.pass_rate import wilson_interval
from dropout_core.storage.store import Store, StoreUnusable
from dropout_core.task.definition import Task
from dropout_core.task.requirement import UnknownSuite
from dropout_core.values.seeds import derived_seed, fresh_seed
from dropout_core.values.task_names import DROPOUT
from dropout_core.verdict.known_answers import Fault, Kind
from dropout_tui.command_line.event_loop import run_to_its_end
from dropout_tui.command_line.open_store import Complain, opened_store
from dropout_tui.exit_codes import EXIT_USAGE
from dropout_tui.text.sanitize import visible_line

if TYPE_CHECKING:
    from dropout_core.grading import Grader

EXIT_SOUND = 0
EXIT_FAULTS = 1

TIME_LIMIT = 5.0
"""Seconds of processor time for one answer: several hostile answers use all of it."""
CLOCK_LIMIT = 15.0
"""Seconds on the clock for one answer: other hostile answers sleep."""
FAULTS_SHOWN = 50
CHECKS_NAMED = (
    "A wrong answer must fail each check that index.toml names in caught_by,"
    " and no other but those of may_also_fail"
)

_RATES = (
    (Fault.FALSE_REJECT, Kind.RIGHT, "False rejects"),
    (Fault.FALSE_ACCEPT, Kind.WRONG, "False accepts"),
    (Fault.WRONG_CHECK, Kind.WRONG, "Caught by another check"),
    (Fault.NOT_CONTAINED, Kind.HOSTILE, "Not contained"),
)


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """What to audit, and how thoroughly."""

    task: Task
    store: Path
    """Where what it finds is kept."""
    suites: tuple[str, ...] = ()
    """Empty for all."""
    seeds: int = 3
    """How often each answer is graded."""
    seed: int | None = None
    """The seed that those follow from; ``None`` draws one."""
    folder: Path | None = None
    """A folder of the user's own answers."""
    built_in: bool = True
    """Audit the task's answers beside the user's own."""
    as_json: bool = False
    allow_weak_sandbox: bool = False


def audit_grader(options: AuditOptions, complain: Complain) -> int:
    """Audit the chosen suites, print the results, and return the exit status."""
    try:
        for suite in options.suites:
            options.task.suite(suite)
        answers = _own_answers(options) if options.built_in else ()
        if options.folder is not None:
            answers = (*answers, *_in_folder(options.folder, options.task))
        with opened_store(options.store) as store:
            return run_to_its_end(lambda: _audit(options, answers, store, complain))
    except (UnknownSuite, CorpusUnreadable, SandboxBroken) as error:
        complain(str(error))
        return EXIT_USAGE


def _own_answers(options: AuditOptions) -> tuple[Answer, ...]:
    """Those that come with the task.

    Raises:
        CorpusUnreadable: there are none, and no others are given.
    """
    task = options.task
    if task.answers is None and options.folder is None:
        raise CorpusUnreadable(f"task {task.name} has no answers to audit with; give --answers FOLDER")
    return answers_of(task)


def _in_folder(folder: Path, task: Task) -> tuple[Answer, ...]:
    """Those of the user's folder."""
    return tuple(replace(one, folder=str(folder.absolute())) for one in read_answers(folder, task))


async def _audit(options: AuditOptions, answers: tuple[Answer, ...], store: Store, complain: Complain) -> int:
    seed = fresh_seed() if options.seed is None else options.seed
    seeds = [derived_seed(seed, "audit", number) for number in range(options.seeds)]
    status = EXIT_SOUND
    for suite in options.suites or options.task.suite_names:
        planned = len(answers_for(suite, answers, options.task)) * len(seeds)
        rows: list[AuditRow] = []

        def keep(report: AuditReport, planned: int = planned) -> bool:
            try:
                if report.rows:
                    found = kept(
                        report, options.task, seed=seed, seeds=len(seeds), planned=planned, at=time.time()
                    )
                    store.keep_audit(found)
                return bool(report.rows)
            except StoreUnusable as error:
                complain(f"{error}; what the audit of suite {report.suite} found is not stored")
                return False

        try:
            await _grade(suite, seeds, answers, options, planned, rows)
        except asyncio.CancelledError:
            if keep(report_of(suite, options.task, rows)):
                cut = f"suite {suite} was interrupted after {len(rows):,} of {planned:,} gradings"
                complain(f"{cut}; what they found is stored, for dropout-tui review")
            raise
        report = report_of(suite, options.task, rows)
        is_kept = keep(report)
        if not report.ok or not is_kept:
            status = max(status, EXIT_USAGE if rows and not is_kept else EXIT_FAULTS)
        if options.as_json:
            where = str(options.store) if is_kept else None
            print(json.dumps({"type": "audit", "seed": seed, **report.to_json(), "store": where}), flush=True)
        else:
            _print(report, seed, len(seeds), is_kept=is_kept)
    return status


def _what(report: AuditReport) -> str:
    named = "suite" if report.task == DROPOUT else f"task {report.task}, suite"
    return f"{named} {report.suite}, version {report.suite_version}"


async def _grade(
    suite: str,
    seeds: Sequence[int],
    answers: tuple[Answer, ...],
    options: AuditOptions,
    planned: int,
    rows: list[AuditRow],
) -> None:
    """Make all gradings of a suite; `rows` holds them as they end."""

    @asynccontextmanager
    async def grader(name: str) -> AsyncIterator[Grader]:
        from dropout_core.running.graders.open_grader import opened_grader

        allow = options.allow_weak_sandbox
        async with opened_grader(
            name,
            task=options.task,
            allow_weak_sandbox=allow,
            time_limit=TIME_LIMIT,
            clock_limit=CLOCK_LIMIT,
        ) as opened:
            yield opened

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    watched = sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not watched) as progress:
        bar = progress.add_task(f"suite {suite}", total=planned)

        def noted(row: AuditRow) -> None:
            rows.append(row)
            progress.advance(bar)

        await audit(grader, suite, seeds, answers=answers, task=options.task, on_row=noted)


def _print(report: AuditReport, seed: int, seeds: int, *, is_kept: bool) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 100)
    what = _what(report)
    said = f"{what[0].upper()}{what[1:]}: {seeds} seed(s) from {seed}, isolation {report.isolation}"
    console.print(Text(said))
    table = Table()
    table.add_column("Answers")
    for heading in ("Number", "Gradings", "Faults", "Median", "95 %"):
        table.add_column(heading, justify="right")
    for summary in report.summaries:
        table.add_row(*_cells(summary))
    console.print(table)
    for fault, kind, words in _RATES:
        gradings = sum(summary.gradings for summary in report.summaries if summary.kind is kind)
        if gradings:
            count = report.count(fault)
            _, most = wilson_interval(count, gradings)
            console.print(
                Text(f"{words}: {count} of {gradings} (at most {most:.2%}, with 97.5 % confidence)")
            )
    if report.count(Fault.VOID):
        console.print(Text(f"Without a verdict: {report.count(Fault.VOID)}"))
    for gap in report.unstated:
        console.print(Text(f"Prompt {gap.prompt} ({gap.mode}) does not state: {', '.join(gap.checks)}"))
    for row in report.faults[:FAULTS_SHOWN]:
        told = visible_line(
            f"{row.kind} {row.name}, seed {row.seed}: {row.fault}: {row.detail or row.reason}"
        )
        console.print(Text(f"✗ {told}"))
    if len(report.faults) > FAULTS_SHOWN:
        console.print(Text(f"… and {len(report.faults) - FAULTS_SHOWN} more"))
    if report.count(Fault.WRONG_CHECK):
        console.print(Text(CHECKS_NAMED))
    if is_kept:
        console.print(Text(f"Stored: dropout-tui review shows it of evaluations of {what}"))
    console.print(Text("✓ no fault" if report.ok else "✗ not everything came out as the corpus says it must"))


def _cells(summary: KindSummary) -> tuple[str, ...]:
    return (
        str(summary.kind),
        str(summary.answers),
        str(summary.gradings),
        str(summary.faults),
        f"{summary.median_seconds * 1000:.0f} ms",
        f"{summary.p95_seconds * 1000:.0f} ms",
    )
