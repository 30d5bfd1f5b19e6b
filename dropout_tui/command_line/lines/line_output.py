"""Runs an evaluation without a screen: prints a line for each result, or JSON lines."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from dropout_core.costs.budget import BUDGET
from dropout_core.costs.costs import spent
from dropout_core.models import REFUSED
from dropout_core.reports.jsonlines import summary_object, trial_object
from dropout_core.running.overrides import ResumeOverrides
from dropout_core.running.session import Session
from dropout_core.state.end_reasons import COMPLETED, DECIDED, INTERRUPTED
from dropout_core.state.evaluation_state import EvaluationState, Folding
from dropout_core.state.events import Event, VerdictReached
from dropout_core.statistics.pass_rate import Decision
from dropout_core.storage.errors import StoreBlocked
from dropout_tui.command_line.interruption import Interruption
from dropout_tui.command_line.lines.batch_notices import BatchNotices
from dropout_tui.command_line.lines.report_lines import closing, estimate, opening, result_line
from dropout_tui.command_line.lines.wait_notices import WaitNotices
from dropout_tui.exit_codes import EXIT_GRADED, EXIT_INTERRUPTED, EXIT_NOT_IN_BAND, EXIT_SOME_VOID, EXIT_USAGE
from dropout_tui.presenters.evaluations.stored_commands import start, start_with_voids
from dropout_tui.settings.store_option import command_line
from dropout_tui.text.words.batches import left_at_server
from dropout_tui.text.words.costs import too_little_words


@dataclass(frozen=True, slots=True)
class LineOptions:
    """The options of a run without a screen."""

    as_json: bool = False
    require_band: bool = False
    """Exit with `EXIT_NOT_IN_BAND` unless the rate is known to be inside the band."""
    allow_weak_sandbox: bool = False


class Printer:
    """Prints each result as it becomes durable."""

    def __init__(
        self, number: int, state: EvaluationState, store: Path, out: TextIO, *, as_json: bool
    ) -> None:
        self.state = state
        self._number = number
        self._store = store
        self._out = out
        self._as_json = as_json

    def begin(self) -> None:
        """Print the lines before the first result."""
        if not self._as_json:
            self._print(*opening(self.state))

    def receive(self, events: Sequence[Event]) -> None:
        """Print the attempts that ended."""
        folding = Folding(self.state)
        for event in events:
            folding.add(event)
            if isinstance(event, VerdictReached):
                if self._as_json:
                    attempt = folding.trial(event.trial).attempt(event.attempt)
                    self._print(json.dumps(trial_object(event.trial, attempt)))
                else:
                    self._print(result_line(event.trial, event.verdict))
        self.state = folding.state

    def end(self) -> None:
        """Print the summary."""
        if self._as_json:
            self._print(json.dumps(summary_object(self._number, self.state)))
        else:
            self._print(*closing(self._number, self.state, self._store))

    def end_unless_nothing_came(self) -> None:
        """Print the summary, unless no request could be made at all: then one line has said why."""
        ended_by_itself = self.state.stop_reason in (None, COMPLETED, DECIDED, BUDGET, INTERRUPTED)
        if ended_by_itself or self.state.tally.ended or self._as_json:
            self.end()

    def _print(self, *lines: str) -> None:
        for line in lines:
            print(line, file=self._out)
        self._out.flush()


async def run_lines(
    session: Session,
    out: TextIO,
    complain: Callable[[str], None],
    options: LineOptions,
    changes: ResumeOverrides | None = None,
) -> int:
    """Run an evaluation to its end and return the exit status.

    The first Ctrl-C lets the runs in flight end and starts no more; the second cuts them off, as SIGTERM and SIGHUP
    do at once, and as the first does where they are in a batch.

    Raises:
        StoreUnusable: results could not be stored.
    """
    interrupted = Interruption(session.journal, complain, in_batches=session.state.config.batch)
    printer = Printer(session.number, session.state, session.store, out, as_json=options.as_json)
    go_on = command_line(session.store, "resume", session.number)
    try:
        with interrupted:
            async with session:
                interrupted.evaluation = session.evaluation
                if not options.as_json:
                    session.journal.listen(WaitNotices(complain).receive)
                    session.journal.listen(BatchNotices(session.state, complain).receive)
                await _run(session, printer, complain, changes or ResumeOverrides(), interrupted)
                printer.end_unless_nothing_came()
    except asyncio.CancelledError:
        if not interrupted:
            raise
    state = printer.state
    if changes is not None and changes.cancels_batch:
        return status_of(state, options)
    if interrupted:
        if left := left_at_server(state.open_batches):
            complain(left)
        complain(f"interrupted; go on with: {go_on}")
        return EXIT_INTERRUPTED
    if state.stop_reason == BUDGET:
        complain(f"the budget lets no further run begin; go on with: {go_on} {_larger(state)}")
        return EXIT_USAGE
    if state.stop_reason not in (COMPLETED, DECIDED):
        why = state.stop_reason or "some trials are paused"
        # No hint to resume: it keeps the settings, which the server would refuse again.
        complain(why if why.startswith(REFUSED) else f"{why}; go on with: {go_on}")
        return EXIT_USAGE
    return status_of(state, options)


def status_of(state: EvaluationState, options: LineOptions) -> int:
    """The exit status of an evaluation that has finished."""
    if options.require_band and state.decision is not Decision.IN:
        return EXIT_NOT_IN_BAND
    return EXIT_SOME_VOID if state.tally.void else EXIT_GRADED


async def _run(
    session: Session,
    printer: Printer,
    complain: Callable[[str], None],
    changes: ResumeOverrides,
    interrupted: Interruption,
) -> None:
    """From the first line to the last result."""

    def blocked(error: StoreBlocked | None) -> None:
        if error is None:
            complain("the store can be written to again; going on")
        else:
            complain(f"{error}; waiting, nothing is lost: it goes on when that has healed")

    session.journal.listen(printer.receive)
    session.journal.listen_for_blockage(blocked)
    changes.apply(session.evaluation, session.state.config)
    await session.journal.flush()
    printer.begin()
    if session.notice is not None:
        complain(session.notice)
    coming = estimate(printer.state)
    if coming is not None:
        complain(coming)
    lacking = too_little_words(printer.state)
    if lacking is not None:
        complain(lacking)
    if interrupted:
        return  # before the evaluation was open
    if changes is not None and changes.cancels_batch:
        await _cancel_batches(session)
        return
    (start_with_voids if changes.repeats_voids else start)(session.evaluation)
    await session.evaluation.finished()


async def _cancel_batches(session: Session) -> None:
    """Cancel the runs that wait for a batch, and begin nothing else."""
    evaluation = session.evaluation
    evaluation.start()
    for trial in session.state.trials:
        if trial.latest is not None and trial.latest.batch is not None:
            evaluation.cancel(trial.number)
    evaluation.cut_off(INTERRUPTED)
    await evaluation.finished()
    await evaluation.batches_told()


def _larger(state: EvaluationState) -> str:
    """The option that raises the budget that was used up."""
    config = state.config
    if config.max_total_tokens is not None and spent(state).total >= config.max_total_tokens / 2:
        least = config.max_tokens if config.max_tokens_from == "stated" else 0
        return f"--max-total-tokens {2 * max(config.max_total_tokens, least)}"
    return f"--budget {2 * (config.budget or 0):g}"
