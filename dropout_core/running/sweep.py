"""Several evaluations at once: under one limit of requests in flight, one gate to each server, and one purse."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

from dropout_core.costs.budget import BUDGET, Spender
from dropout_core.costs.purse import Purse, lets_begin
from dropout_core.models.retry.gate import Clock, Gate
from dropout_core.running.beside import Beside
from dropout_core.running.evaluation import Evaluation
from dropout_core.running.session import Session
from dropout_core.sandbox import ReadableFolder, Sandbox
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.statistics.next_cell import Standing, next_cell
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
        self._limit = limit
        self._purse = purse
        self._ended = tuple(ended)
        self._allow_weak_sandbox = allow_weak_sandbox
        self._gates: dict[str | None, Gate] = {}
        self._sandboxes: dict[ReadableFolder | None, Sandbox] = {}
        self._sandbox_stack = AsyncExitStack()
        self._sessions = AsyncExitStack()
        self._evaluations: list[Evaluation] = []
        self._journals: list[Journal] = []
        self._turn: int | None = None
        """The evaluation that may begin a trial now."""
        self._hands_out_soon = False
        self._started = False
        self.stop_reason: str | None = None
        """Why all cells were stopped, if they were."""

    def beside(self, config: EvaluationConfig) -> Beside:
        """What an evaluation of the sweep shares with the others."""
        if config.is_sample:
            return Beside(self, None, self._sandbox)
        if config.base_url not in self._gates:
            self._gates[config.base_url] = Gate(self._limit, Clock(), first_alone=True)
        return Beside(self, self._gates[config.base_url], self._sandbox)

    async def open(self, session: Session) -> Evaluation:
        """Open a session of an evaluation that is `beside` the others here, and run it from `start` on.

        Raises:
            SandboxBroken: its code cannot be run, or there is nothing to judge it by.
        """
        evaluation = (await self._sessions.enter_async_context(session)).evaluation
        self._evaluations.append(evaluation)
        self._journals.append(session.journal)
        return evaluation

    @property
    def blocked(self) -> StoreBlocked | None:
        """Why nothing can be stored at present; ``None`` when it can."""
        return next((each.blocked for each in self._journals if each.blocked is not None), None)

    def start(self) -> None:
        """Start all of them. A cell that was cut off goes on where it was."""
        self._started = True
        self.stop_reason = None
        for evaluation in self._evaluations:
            evaluation.start()
        self.advanced()

    def stop(self, reason: str) -> None:
        """Begin nothing more anywhere; what is in flight ends by itself."""
        self.stop_reason = reason
        for evaluation in self._evaluations:
            evaluation.stop(reason)

    def cut_off(self, reason: str) -> None:
        """Stop, and end what is in flight without a verdict: `start` takes those attempts up."""
        self.stop_reason = reason
        for evaluation in self._evaluations:
            evaluation.cut_off(reason)

    def may_begin(self, evaluation: int) -> bool:
        """See `Turns`."""
        mine, self._turn = self._turn == evaluation, None
        return mine

    def advanced(self) -> None:
        """See `Turns`."""
        if self._started and not self._hands_out_soon:
            self._hands_out_soon = True
            # What has just changed is told by an evaluation in the middle of its own affairs.
            asyncio.get_running_loop().call_soon(self._hand_out)

    def _hand_out(self) -> None:
        """Give what room there is to one cell after the other. What that brings about is no news meanwhile."""
        try:
            self._give_room()
        finally:
            self._hands_out_soon = False

    def _give_room(self) -> None:
        passed_over: set[int] = set()
        while (in_flight := sum(len(each.in_flight) for each in self._evaluations)) < self._limit:
            waiting = [
                each
                for each in self._evaluations
                if each.wants_a_turn and each.number not in passed_over and not _is_untried(each)
            ]
            able = [each for each in waiting if self._affordable(each)]
            if not able:
                if waiting and not in_flight and self.stop_reason is None:
                    self.stop(OUT_OF_BUDGET)
                    self.stop_reason = BUDGET
                return
            chosen = self._next_of(able)
            before = len(chosen.in_flight)
            self._turn = chosen.number
            chosen.take_turn()
            self._turn = None
            if len(chosen.in_flight) == before:
                passed_over.add(chosen.number)

    def _next_of(self, evaluations: Sequence[Evaluation]) -> Evaluation:
        """Whose turn it is; what was answered in part before goes first."""
        for each in evaluations:
            if each.goes_on_next:
                return each
        states = (*self._ended, *(each.state for each in self._evaluations))
        one_is_in = any(state.decision is Decision.IN for state in states)
        return evaluations[next_cell([_standing(each) for each in evaluations], one_is_in=one_is_in)]

    def _affordable(self, evaluation: Evaluation) -> bool:
        if evaluation.goes_on_next or self._purse == Purse():
            return True
        running = [Spender(each.state, each.in_flight) for each in self._evaluations]
        mine = running[self._evaluations.index(evaluation)]
        return lets_begin(self._purse, mine, [*map(Spender, self._ended), *running])

    async def _sandbox(self, folder: ReadableFolder | None) -> Sandbox:
        """One for all cells whose answers may read the same."""
        if folder not in self._sandboxes:
            from dropout_core.sandbox.opening import open_sandbox

            sandbox = await open_sandbox(allow_weak=self._allow_weak_sandbox, folder=folder)
            self._sandbox_stack.push_async_callback(sandbox.close)
            self._sandboxes[folder] = sandbox
        return self._sandboxes[folder]

    async def __aenter__(self) -> Sweep:
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await self._sessions.aclose()
        finally:
            await self._sandbox_stack.aclose()


def _is_untried(evaluation: Evaluation) -> bool:
    """Whether its first run is under way, and may yet show that no other need be begun: many wrong requests help
    nobody."""
    state = evaluation.state
    is_first = bool(evaluation.in_flight) and not state.tally.ended and not evaluation.goes_on_next
    return is_first and not state.config.is_sample


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
