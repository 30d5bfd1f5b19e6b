"""Several evaluations at once: under one limit of requests in flight, one gate to each server, and one purse."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack

from dropout_core.costs.budget import BUDGET, Spender
from dropout_core.costs.purse import Purse, lets_begin
from dropout_core.running.beside import Beside
from dropout_core.running.evaluation import Evaluation
from dropout_core.running.session import Session
from dropout_core.running.sweep.side_by_side import SideBySide
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.statistics.band.next_cell import Standing, next_cell
from dropout_core.statistics.pass_rate import Decision
from dropout_core.storage.errors import StoreBlocked
from dropout_core.storage.journal import Journal
from dropout_core.values.config import EvaluationConfig

OUT_OF_BUDGET = "the budget of the sweep lets no further run begin"
"""Why a cell has stopped that might go on if the sweep could spend more."""


class Sweep:
    """Runs the evaluations that `open` is given. Use as an asynchronous context manager, from one event loop."""

    def __init__(
        self,
        limit: int,
        purse: Purse,
        *,
        ended: Sequence[EvaluationState] = (),
        allow_weak_sandbox: bool = False,
    ) -> None:
        """At most `limit` trials are in flight, and all of them spend from `purse`. `ended` are cells in which nothing
        is left to do: what they have cost counts, and whether one of them is in the band."""
        self._purse = purse
        self._ended = tuple(ended)
        self._side_by_side = SideBySide(limit, self._next_of, allow_weak_sandbox=allow_weak_sandbox)
        self._sessions = AsyncExitStack()
        self._journals: list[Journal] = []
        self.stop_reason: str | None = None
        """Why all cells were stopped, if they were."""

    def beside(self, config: EvaluationConfig) -> Beside:
        """What an evaluation of the sweep shares with the others."""
        return self._side_by_side.beside(config)

    async def open(self, session: Session) -> Evaluation:
        """Open a session of an evaluation that is `beside` the others here, and run it from `start` on.

        Raises:
            SandboxBroken: its code cannot be run, or there is nothing to judge it by.
        """
        evaluation = (await self._sessions.enter_async_context(session)).evaluation
        self._side_by_side.add(evaluation)
        self._journals.append(session.journal)
        return evaluation

    @property
    def blocked(self) -> StoreBlocked | None:
        """Why nothing can be stored at present; ``None`` when it can."""
        return next((each.blocked for each in self._journals if each.blocked is not None), None)

    def start(self) -> None:
        """Start all of them. A cell that was cut off goes on where it was."""
        self.stop_reason = None
        for evaluation in self._side_by_side:
            evaluation.start()
        self._side_by_side.begin()

    def stop(self, reason: str) -> None:
        """Begin nothing more anywhere; what is in flight ends by itself."""
        self.stop_reason = reason
        for evaluation in self._side_by_side:
            evaluation.stop(reason)

    def cut_off(self, reason: str) -> None:
        """Stop, and end what is in flight without a verdict: `start` takes those attempts up."""
        self.stop_reason = reason
        for evaluation in self._side_by_side:
            evaluation.cut_off(reason)

    def _next_of(self, waiting: Sequence[Evaluation]) -> Evaluation | None:
        """The cell that begins the next trial; when the budget lets none begin, and nothing is in flight, the sweep
        stops."""
        tried = [each for each in waiting if not _is_untried(each)]
        able = [each for each in tried if self._affordable(each)]
        if able:
            return self._most_promising(able)
        if tried and not self._side_by_side.in_flight and self.stop_reason is None:
            self.stop(OUT_OF_BUDGET)
            self.stop_reason = BUDGET
        return None

    def _most_promising(self, evaluations: Sequence[Evaluation]) -> Evaluation:
        """Whose turn it is; what was answered in part before goes first."""
        for each in evaluations:
            if each.goes_on_next:
                return each
        states = (*self._ended, *(each.state for each in self._side_by_side))
        one_is_in = any(state.decision is Decision.IN for state in states)
        return evaluations[next_cell([_standing(each) for each in evaluations], one_is_in=one_is_in)]

    def _affordable(self, evaluation: Evaluation) -> bool:
        if evaluation.goes_on_next or self._purse == Purse():
            return True
        running = {each.number: Spender(each.state, each.in_flight) for each in self._side_by_side}
        return lets_begin(
            self._purse, running[evaluation.number], [*map(Spender, self._ended), *running.values()]
        )

    async def __aenter__(self) -> Sweep:
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await self._sessions.aclose()
        finally:
            await self._side_by_side.close()


def _is_untried(evaluation: Evaluation) -> bool:
    """Whether its first run is under way, and may yet show that no other need be begun: many wrong requests help
    nobody."""
    state = evaluation.state
    is_first = bool(evaluation.in_flight) and not state.tally.ended and not evaluation.goes_on_next
    return is_first and not (state.config.is_sample or state.config.batch)


def _standing(evaluation: Evaluation) -> Standing:
    tally, config = evaluation.state.tally, evaluation.state.config
    return Standing(
        tally.passed,
        tally.graded,
        len(evaluation.in_flight),
        config.band,
        config.tolerance,
        config.decision_error,
    )
