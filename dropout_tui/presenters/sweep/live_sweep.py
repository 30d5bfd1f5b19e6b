"""A sweep under way, as the screen and the lines see it: where each of its cells stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from dropout_core.analysis.sweep_cells import Place, SweepCell
from dropout_core.costs.purse import Purse
from dropout_core.running.sweep.sweep import OUT_OF_BUDGET
from dropout_core.state.end_reasons import COMPLETED, DECIDED, INTERRUPTED, STOPPED
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import Status
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation

PAUSED = "paused"
"""Why a sweep stands still while it is paused."""
_IN_FLIGHT = (Status.RUNNING, Status.PAUSING)
_OF_THE_SWEEP = (None, COMPLETED, DECIDED, INTERRUPTED, STOPPED, PAUSED, OUT_OF_BUDGET)
"""Why a cell has ended that has no trouble of its own."""


class SweepCommands(Protocol):
    """The commands that keys send to a sweep. All are idempotent."""

    @property
    def stop_reason(self) -> str | None:
        """Why no cell begins anything; ``None`` while they may."""
        ...

    def pause(self) -> None:
        """Begin nothing more, and hold what is in flight at its next boundary."""

    def stop(self) -> None:
        """Begin nothing more; what is in flight ends by itself."""

    def go_on(self) -> None:
        """Go on after a pause or a stop."""


class LiveSweep:
    """The cells of a sweep, each with the newest state of its evaluation."""

    def __init__(self, places: Sequence[Place], limit: int, purse: Purse) -> None:
        """Nothing is known of the cells at `places` yet. At most `limit` runs are in flight, and spend from `purse`."""
        self.limit = limit
        self.purse = purse
        self.commands: SweepCommands | None = None
        """``None`` while it takes no commands."""
        self.blocked_since: float | None = None
        """Since when nothing can be stored; ``None`` while storing works."""
        self._places = tuple(places)
        self._lives: dict[int, LiveEvaluation] = {}
        self._refused: dict[int, str] = {}
        self._changes = 0

    def add(self, index: int, live: LiveEvaluation) -> None:
        """Show the evaluation of a cell."""
        self._lives[index] = live
        self._changes += 1

    def refuse(self, index: int, why: str) -> None:
        """Say why a cell cannot run."""
        self._refused[index] = why
        self._changes += 1

    def live(self, index: int) -> LiveEvaluation | None:
        """The evaluation of a cell, if there is one."""
        return self._lives.get(index)

    @property
    def version(self) -> int:
        """Grows with every change."""
        return self._changes + sum(live.version for live in self._lives.values())

    def cell(self, index: int) -> SweepCell:
        """Where one cell stands."""
        live = self._lives.get(index)
        if live is None:
            return SweepCell(self._places[index], None, None, self._refused.get(index))
        return SweepCell(self._places[index], live.number, live.state)

    @property
    def cells(self) -> list[SweepCell]:
        """Where each cell stands."""
        return [self.cell(index) for index in range(len(self._places))]

    @property
    def in_flight(self) -> int:
        """How many runs are in flight in all cells."""
        return sum(in_flight(live.state) for live in self._lives.values())

    @property
    def has_ended(self) -> bool:
        """Whether every cell has ended, or cannot run."""
        states = [live.state for live in self._lives.values()]
        known = len(states) + len(self._refused) == len(self._places)
        return known and all(state.ended_at is not None for state in states)

    @property
    def has_nothing_left(self) -> bool:
        """Whether every cell that can run has done all there was to do."""
        return self.has_ended and all(has_nothing_left(live.state) for live in self._lives.values())


def has_nothing_left(state: EvaluationState) -> bool:
    """Whether an evaluation has done all there was to do, also where it was stopped meanwhile."""
    return state.stop_reason in (COMPLETED, DECIDED) or (
        state.settled and state.stop_reason in (STOPPED, PAUSED)
    )


def in_flight(state: EvaluationState) -> int:
    """How many runs of an evaluation are in flight."""
    return sum(state.tally.count(status) for status in _IN_FLIGHT)


def trouble_of(state: EvaluationState) -> str | None:
    """The trouble of its own for which a cell has ended, such as a model that the server does not know."""
    reason = None if state.ended_at is None else state.stop_reason
    return None if reason in _OF_THE_SWEEP else reason
