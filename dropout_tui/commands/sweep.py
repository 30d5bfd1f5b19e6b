"""``dropout-tui sweep``: a grid of evaluations, run together until each is decided."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from dropout_core.analysis.sweep_cells import SweepCell
from dropout_core.costs.budget import BUDGET
from dropout_core.costs.costs import dollars
from dropout_core.costs.purse import Purse
from dropout_core.costs.sweep_estimate import LOOKED_AT, affordable_runs, fewest_runs
from dropout_core.models import Model, ModelUnusable
from dropout_core.models.http.destination import destination_of
from dropout_core.running.overrides import ResumeOverrides
from dropout_core.running.session import Session, model_for
from dropout_core.running.sweep import Sweep
from dropout_core.sandbox import SandboxBroken
from dropout_core.state.end_reasons import COMPLETED, DECIDED
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.statistics.pass_rate import Decision
from dropout_core.storage.errors import StoreBlocked
from dropout_core.storage.lease import EvaluationBusy
from dropout_core.storage.store import Store, StoreUnusable
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.file_limit import raise_limit, requests_that_fit
from dropout_core.values.plan import Plan
from dropout_tui.command_line.event_loop import run_to_its_end
from dropout_tui.command_line.interruption import Interruption
from dropout_tui.command_line.line_output import LineOptions
from dropout_tui.command_line.open_store import Complain, opened_store
from dropout_tui.command_line.sweep_lines import SweepPrinter
from dropout_tui.command_line.wait_notices import WaitNotices
from dropout_tui.exit_codes import EXIT_GRADED, EXIT_INTERRUPTED, EXIT_NOT_IN_BAND, EXIT_SOME_VOID, EXIT_USAGE
from dropout_tui.presenters.sweep_grid import Grid
from dropout_tui.settings.known_addresses import KnownAddresses, keep_address

ENDED = (COMPLETED, DECIDED)
GO_ON = "the same command goes on with it"


@dataclass(frozen=True, slots=True)
class SweepOptions:
    """How a sweep is run."""

    lines: LineOptions
    known: KnownAddresses


def sweep(path: Path, grid: Grid, options: SweepOptions, complain: Complain) -> int:
    """Run the sweep, or go on with it where this store has it already."""
    with opened_store(path, complain) as store:
        if store is None:
            return EXIT_USAGE
        try:
            running = _RunningSweep(store, grid, options, complain, sys.stdout)
            return run_to_its_end(running.to_its_end)
        except EvaluationBusy as error:
            complain(str(error))
        except StoreUnusable as error:
            complain(f"{error}; what was not stored is lost; {GO_ON}")
        except SandboxBroken as error:
            complain(str(error))
        except KeyboardInterrupt:
            complain(f"interrupted; {GO_ON}")
            return EXIT_INTERRUPTED
        return EXIT_USAGE


class _RunningSweep:
    def __init__(
        self, store: Store, grid: Grid, options: SweepOptions, complain: Complain, out: TextIO
    ) -> None:
        self._store = store
        self._grid = grid
        self._options = options
        self._complain = complain
        self._said: set[str] = set()
        places = {
            cell.config.sweep_cell: place for place, cell in enumerate(grid.cells) if cell.config is not None
        }
        self._stored = {
            places[line.config.sweep_cell]: line.number
            for line in store.history()
            if line.config.sweep == grid.digest
        }
        """By its place in the grid, the number of each evaluation that was begun earlier."""
        states = {place: store.state(number) for place, number in self._stored.items()}
        self._over = {
            place: state for place, state in states.items() if _is_over(state, grid.cells[place].config)
        }
        configs = [cell.config for cell in grid.cells if cell.config is not None]
        self._purse = Purse(configs[0].budget, configs[0].max_total_tokens) if configs else Purse()
        self._sweep = Sweep(
            self._limit(configs),
            self._purse,
            ended=list(self._over.values()),
            allow_weak_sandbox=options.lines.allow_weak_sandbox,
        )
        self._out = out
        self._is_blocked = False

    def _limit(self, configs: Sequence[EvaluationConfig]) -> int:
        asked = configs[0].slots if configs else 1
        fitting = requests_that_fit(raise_limit())
        if asked <= fitting or all(config.is_sample for config in configs):
            return asked
        self._say(f"{fitting} requests at once fit into the files that may be open (ulimit -n)")
        return fitting

    async def to_its_end(self) -> int:
        """Run all cells, print what they come to, and give the exit status.

        The first Ctrl-C lets what is in flight end; the second, or another signal, cuts it off.
        """
        if self._stored:
            self._say(f"going on with a sweep that this store has: evaluations {_numbers(self._stored)}")
        interrupted = Interruption(self._sweep, self._complain)
        printer: SweepPrinter | None = None
        try:
            with interrupted:
                async with self._sweep:
                    sessions = await self._opened()
                    interrupted.evaluation = self._sweep
                    printer = self._printer(sessions)
                    if not interrupted:
                        await self._run(sessions, printer)
                        printer.end(self._why(printer.cells))
        except asyncio.CancelledError:
            if not interrupted:
                raise
        if interrupted or printer is None:
            self._complain(f"interrupted; {GO_ON}")
            return EXIT_INTERRUPTED
        return self._status(printer.cells)

    async def _opened(self) -> dict[int, Session | str]:
        """By its place, the session of each cell in which something is left to do, or why it cannot run."""
        opened: dict[int, Session | str] = {}
        for place, cell in enumerate(self._grid.cells):
            if place in self._over:
                continue
            if cell.config is None:
                opened[place] = cell.problem
                continue
            try:
                session = self._session(place, cell.config)
                evaluation = await self._sweep.open(session)
            except ModelUnusable as error:
                opened[place] = str(error)
                continue
            if session.notice is not None:
                self._say(session.notice)
            _changes(evaluation.state, cell.config).apply(evaluation, evaluation.state.config)
            await session.journal.flush()
            opened[place] = session
        return opened

    def _session(self, place: int, config: EvaluationConfig) -> Session:
        where = destination_of(config)
        if where is not None and not where.is_usual:
            self._say(where.words)
        beside = self._sweep.beside(config)
        allowed = self._options.lines.allow_weak_sandbox
        number = self._stored.get(place)
        if number is None:
            model = model_for(config)
            keep_address(config)
            return Session.new(self._store, config, model, allow_weak_sandbox=allowed, beside=beside)

        def model_of(stored: EvaluationConfig) -> Model:
            self._options.known.check(stored)
            return model_for(stored)

        return Session.resumed(self._store, number, model_of, allow_weak_sandbox=allowed, beside=beside)

    def _printer(self, sessions: dict[int, Session | str]) -> SweepPrinter:
        cells = []
        for place, cell in enumerate(self._grid.cells):
            match sessions.get(place):
                case Session() as session:
                    state = session.evaluation.state
                    cells.append(SweepCell(cell.place, session.number, state))
                case str(why):
                    cells.append(SweepCell(cell.place, None, None, why))
                case _:
                    cells.append(SweepCell(cell.place, self._stored[place], self._over[place]))
        return SweepPrinter(cells, self._out, as_json=self._options.lines.as_json)

    async def _run(self, sessions: dict[int, Session | str], printer: SweepPrinter) -> None:
        running = {place: one for place, one in sessions.items() if isinstance(one, Session)}
        waits = WaitNotices(self._complain)
        for place, session in running.items():
            session.journal.listen(printer.listener(place))
            if not self._options.lines.as_json:
                session.journal.listen(waits.receive)
            session.journal.listen_for_blockage(self._blocked)
        printer.begin()
        self._say_what_the_budget_is_for([session.evaluation.state for session in running.values()])
        for place in range(len(printer.cells)):
            if place not in running:
                printer.cell_ended(place)

        async def followed(place: int, session: Session) -> None:
            await session.evaluation.finished()
            printer.cell_ended(place)

        self._sweep.start()
        await asyncio.gather(*(followed(place, session) for place, session in running.items()))

    def _say_what_the_budget_is_for(self, states: Sequence[EvaluationState]) -> None:
        runs = affordable_runs(self._purse, states, list(self._over.values()))
        if runs is None or not states:
            return
        config = states[0].config
        limits = [] if self._purse.budget is None else [dollars(self._purse.budget)]
        if self._purse.max_total_tokens is not None:
            limits.append(f"{self._purse.max_total_tokens:,} tokens")
        anything, inside = fewest_runs(config)
        self._say(
            f"the budget of {' and '.join(limits)} is for {runs:,} more runs or so; a cell takes"
            f" {_at_least(anything)} at the least to be decided at all, and {_at_least(inside)} to be known"
            " to be in the band"
        )
        if runs < (LOOKED_AT + 1 if anything is None else anything):
            self._say("so this budget cannot decide anything: what it leaves is rates and intervals")

    def _blocked(self, error: StoreBlocked | None) -> None:
        """All cells are stored in one file: the first that finds it blocked, and the last that does not, are told."""
        was, self._is_blocked = self._is_blocked, self._sweep.blocked is not None
        if error is not None and not was:
            self._complain(f"{error}; waiting, nothing is lost: it goes on when that has healed")
        elif was and not self._is_blocked:
            self._complain("the store can be written to again; going on")

    def _why(self, cells: Sequence[SweepCell]) -> str:
        """Why the sweep ended."""
        if self._sweep.stop_reason is not None:
            return self._sweep.stop_reason
        decided = all(cell.decision is not Decision.UNDECIDED for cell in cells)
        return DECIDED if decided else COMPLETED

    def _status(self, cells: Sequence[SweepCell]) -> int:
        if self._sweep.stop_reason == BUDGET:
            self._complain(f"the budget lets no further run begin; with a larger one {GO_ON}")
            return EXIT_USAGE
        stopped = [cell for cell in cells if cell.state is None or cell.state.stop_reason not in ENDED]
        for cell in stopped:
            why = cell.cannot_run if cell.state is None else cell.state.stop_reason
            self._say(why or "some trials are paused")
        if stopped:
            return EXIT_USAGE
        if self._options.lines.require_band and not any(cell.decision is Decision.IN for cell in cells):
            return EXIT_NOT_IN_BAND
        void = any(cell.state is not None and cell.state.tally.void for cell in cells)
        return EXIT_SOME_VOID if void else EXIT_GRADED

    def _say(self, line: str) -> None:
        """Once, however many cells it concerns."""
        if line not in self._said:
            self._said.add(line)
            self._complain(line)


def _changes(state: EvaluationState, config: EvaluationConfig) -> ResumeOverrides:
    """What a cell that was begun earlier takes from the command line of today: never fewer runs than it has, and no
    more where its rate is decided without them."""
    changes = ResumeOverrides(
        tolerance=config.tolerance,
        budget=config.budget,
        max_total_tokens=config.max_total_tokens,
        price=config.price,
    )
    if replace(state, config=changes.of(state.config)).decision is not Decision.UNDECIDED:
        return changes
    return replace(changes, runs=max(config.runs, state.config.runs))


def _is_over(state: EvaluationState, config: EvaluationConfig | None) -> bool:
    """Whether a cell has ended, and the command line of today asks for nothing more of it."""
    if state.stop_reason not in ENDED or config is None:
        return state.stop_reason in ENDED
    now, plan = Plan.of(state.config), _changes(state, config).plan(state.config)
    return plan.runs == now.runs and plan.decides_as(now)


def _numbers(stored: dict[int, int]) -> str:
    numbers = sorted(stored.values())
    if len(numbers) > 1 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]}–{numbers[-1]}"
    return ", ".join(map(str, numbers))


def _at_least(runs: int | None) -> str:
    return f"more than {LOOKED_AT:,}" if runs is None else f"{runs:,}"
