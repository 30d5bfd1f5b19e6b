"""A sweep under way: opens the evaluations of its cells, runs them together, and tells a listener what happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from dropout_core.costs.costs import dollars
from dropout_core.costs.decision_budget import LOOKED_AT, affordable_runs, fewest_runs
from dropout_core.costs.purse import Purse
from dropout_core.models import Model, ModelUnusable
from dropout_core.models.http.destination import told_first
from dropout_core.running.overrides import ResumeOverrides
from dropout_core.running.session import Session, model_for
from dropout_core.running.sweep.sweep import Sweep
from dropout_core.state.end_reasons import STOPPED
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.events import Event
from dropout_core.state.trial_state import Status
from dropout_core.statistics.pass_rate import Decision
from dropout_core.storage.errors import StoreBlocked
from dropout_core.storage.store import Store
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.files.file_limit import raise_limit, requests_that_fit
from dropout_core.values.plan import Plan
from dropout_tui.command_line.lines.line_output import LineOptions
from dropout_tui.command_line.sweep.ending import ENDED
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.presenters.sweep.grid import Grid
from dropout_tui.presenters.sweep.live_sweep import PAUSED, LiveSweep
from dropout_tui.settings.known_addresses import KnownAddresses, keep_address


@dataclass(frozen=True, slots=True)
class SweepOptions:
    """How a sweep is run."""

    lines: LineOptions
    known: KnownAddresses


class SweepListener(Protocol):
    """Whoever shows a sweep: lines, or a screen."""

    def say(self, line: str) -> None:
        """A line about the whole sweep; each comes once."""

    def received(self, index: int, events: Sequence[Event]) -> None:
        """The cell at `index` of the grid has these events; its state has them already."""

    def blocked(self, error: StoreBlocked | None) -> None:
        """Nothing can be stored for now, or, with ``None``, it can again."""


class RunningSweep:
    """Runs a grid, or goes on with it where its store has it already. Use as an asynchronous context manager."""

    def __init__(self, store: Store, grid: Grid, options: SweepOptions, listener: SweepListener) -> None:
        self._store = store
        self._grid = grid
        self._options = options
        self._listener = listener
        self._said: set[str] = set()
        places = {
            cell.config.sweep_cell: index for index, cell in enumerate(grid.cells) if cell.config is not None
        }
        self._stored = {
            places[line.config.sweep_cell]: line.number
            for line in store.history()
            if line.config.sweep == grid.digest
        }
        """By its index in the grid, the number of each evaluation that was begun earlier."""
        states = {index: store.state(number) for index, number in self._stored.items()}
        self._over = {
            index: state for index, state in states.items() if _is_over(state, grid.cells[index].config)
        }
        configs = [cell.config for cell in grid.cells if cell.config is not None]
        self._purse = Purse(configs[0].budget, configs[0].max_total_tokens) if configs else Purse()
        limit, self._limit_notice = _limit(configs)
        self._sweep = Sweep(
            limit,
            self._purse,
            ended=list(self._over.values()),
            allow_weak_sandbox=options.lines.allow_weak_sandbox,
        )
        self._sessions: dict[int, Session] = {}
        self._is_blocked = False
        self.live = LiveSweep([cell.place for cell in grid.cells], limit, self._purse)
        """What the cells have come to."""
        for index, state in self._over.items():
            self.live.add(index, LiveEvaluation(self._stored[index], state))
        for index, cell in enumerate(grid.cells):
            if cell.config is None:
                self.live.refuse(index, cell.problem)

    @property
    def stop_reason(self) -> str | None:
        """Why all cells were stopped; ``None`` where they were not, or had nothing left to do."""
        return None if self.live.has_nothing_left else self._sweep.stop_reason

    @property
    def is_done(self) -> bool:
        """Whether every cell has ended, and nobody stopped them."""
        return self.live.has_ended and self.stop_reason not in (PAUSED, STOPPED)

    @property
    def is_in_batches(self) -> bool:
        """Whether any cell is asked in batches."""
        states = (session.state for session in self._sessions.values())
        configs = (cell.config for cell in self._grid.cells)
        return any(state.config.batch for state in states) or any(
            config is not None and config.batch for config in configs
        )

    @property
    def blocked(self) -> StoreBlocked | None:
        """Why nothing can be stored at present; ``None`` when it can."""
        return self._sweep.blocked

    async def open(self) -> None:
        """Open the evaluation of each cell in which something is left to do, and say what is to be known before it
        starts.

        Raises:
            EvaluationBusy: another program runs one of them.
            StoreUnusable: they cannot be stored.
            SandboxBroken: code cannot be run.
        """
        if self._stored:
            self._say(f"going on with a sweep that this store has: evaluations {_numbers(self._stored)}")
        if self._limit_notice:
            self._say(self._limit_notice)
        for index, cell in enumerate(self._grid.cells):
            if cell.config is None or index in self._over:
                continue
            try:
                session = self._session(index, cell.config)
                await self._open_one(index, session, cell.config)
            except ModelUnusable as error:
                self.live.refuse(index, str(error))
        self._say_what_the_budget_is_for()

    async def _open_one(self, index: int, session: Session, config: EvaluationConfig) -> None:
        live = LiveEvaluation(session.number, session.state)
        # Before it is entered: what is settled at its opening is told, too.
        session.journal.listen(live.receive)
        session.journal.listen(partial(self._listener.received, index))
        session.journal.listen_for_blockage(self._blockage)
        evaluation = await self._sweep.open(session)
        if session.notice is not None:
            self._say(session.notice)
        _changes(evaluation.state, config).apply(evaluation, evaluation.state.config)
        evaluation.resume()
        await session.journal.flush()
        live.commands = evaluation
        self._sessions[index] = session
        self.live.add(index, live)

    def _session(self, index: int, config: EvaluationConfig) -> Session:
        if words := told_first(config):
            self._say(words)
        beside = self._sweep.beside(config)
        allowed = self._options.lines.allow_weak_sandbox
        number = self._stored.get(index)
        if number is None:
            model = model_for(config)
            keep_address(config)
            return Session.new(self._store, config, model, allow_weak_sandbox=allowed, beside=beside)

        def model_of(stored: EvaluationConfig) -> Model:
            self._options.known.check(stored)
            return model_for(stored)

        return Session.resumed(self._store, number, model_of, allow_weak_sandbox=allowed, beside=beside)

    def is_open(self, index: int) -> bool:
        """Whether the evaluation of a cell is open, and something is left to do in it."""
        return index in self._sessions

    def start(self) -> None:
        """Start all cells that are open; from now on it takes commands."""
        self._sweep.start()
        self.live.commands = self

    async def finished(self, ended: Callable[[int], None]) -> None:
        """Wait until nothing is left to do anywhere; `ended` is called with the index of each cell that has ended.

        Raises:
            StoreUnusable: results could not be stored.
        """

        async def followed(index: int, session: Session) -> None:
            await session.evaluation.finished()
            ended(index)

        await asyncio.gather(*(followed(index, session) for index, session in self._sessions.items()))

    async def until(self, leaving: asyncio.Event) -> None:
        """Go on taking commands until `leaving` is set.

        Raises:
            StoreUnusable: results could not be stored.
        """
        each = [
            asyncio.ensure_future(session.evaluation.until(leaving)) for session in self._sessions.values()
        ]
        try:
            await (asyncio.gather(*each) if each else leaving.wait())
        finally:
            for one in each:
                one.cancel()

    def pause(self) -> None:
        """Begin nothing more, and hold what is in flight at its next boundary."""
        self._sweep.stop(PAUSED)
        for session in self._sessions.values():
            evaluation = session.evaluation
            if evaluation.in_flight:
                for trial in evaluation.state.trials:
                    if trial.status is Status.RUNNING:
                        evaluation.pause(trial.number)

    def go_on(self) -> None:
        """Go on after a pause or a stop."""
        for session in self._sessions.values():
            session.evaluation.resume()
        self._sweep.start()

    def stop(self, reason: str = STOPPED) -> None:
        """Begin nothing more; what is in flight ends by itself."""
        self._sweep.stop(reason)

    def cut_off(self, reason: str = STOPPED) -> None:
        """Stop, and end what is in flight without a verdict."""
        self._sweep.cut_off(reason)

    def _say_what_the_budget_is_for(self) -> None:
        states = [session.evaluation.state for session in self._sessions.values()]
        for line in budget_lines(self._purse, states, list(self._over.values())):
            self._say(line)

    def _blockage(self, error: StoreBlocked | None) -> None:
        """All cells are stored in one file: the first that finds it blocked, and the last that does not, are told."""
        was, self._is_blocked = self._is_blocked, self._sweep.blocked is not None
        if error is not None and not was:
            self.live.blocked_since = time.time()
            self._listener.blocked(error)
        elif was and not self._is_blocked:
            self.live.blocked_since = None
            self._listener.blocked(None)

    def _say(self, line: str) -> None:
        """Once, however many cells it concerns."""
        if line not in self._said:
            self._said.add(line)
            self._listener.say(line)

    async def __aenter__(self) -> RunningSweep:
        await self._sweep.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.live.commands = None
        for index in self._sessions:
            if (live := self.live.live(index)) is not None:
                live.commands = None
        await self._sweep.__aexit__(*_)


def budget_lines(
    purse: Purse, states: Sequence[EvaluationState], over: Sequence[EvaluationState]
) -> tuple[str, ...]:
    """What the budget of a sweep is for, before its first request; nothing without one. `states` are of the cells
    that run, `over` of those that have ended."""
    runs = affordable_runs(purse, states, over)
    if runs is None or not states:
        return ()
    limits = [] if purse.budget is None else [dollars(purse.budget)]
    if purse.max_total_tokens is not None:
        limits.append(f"{purse.max_total_tokens:,} tokens")
    anything, inside = fewest_runs(states[0].config)
    longest = "" if any(state.tally.timed for state in states) else " if each takes the longest reply"
    lines = [
        f"the budget of {' and '.join(limits)} is for {runs:,} more runs or so{longest}; a cell takes"
        f" {_at_least(anything)} at the least to be decided at all, and {_at_least(inside)} to be known"
        " to be in the band"
    ]
    if runs < (LOOKED_AT + 1 if anything is None else anything):
        what = "so this budget cannot decide anything: what it leaves is rates and intervals"
        lines.append(f"{what}, unless replies are shorter" if longest else what)
    return tuple(lines)


def _limit(configs: Sequence[EvaluationConfig]) -> tuple[int, str | None]:
    """How many runs may be in flight, and a line where that is fewer than was asked for."""
    asked = configs[0].slots if configs else 1
    if configs and configs[0].batch:
        return asked * len(configs), None  # a round of each cell, which is one request to the server
    fitting = requests_that_fit(raise_limit())
    if asked <= fitting or all(config.is_sample for config in configs):
        return asked, None
    return fitting, f"{fitting} requests at once fit into the files that may be open (ulimit -n)"


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
