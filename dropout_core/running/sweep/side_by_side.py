"""Evaluations side by side: under one limit of trials in flight, one gate to each server, one purse, and in the same
sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from dropout_core.costs.budget import Spender
from dropout_core.costs.purse import Purse
from dropout_core.models.retry.gate import Clock, Gate
from dropout_core.running.batches.rounds import Rounds
from dropout_core.running.beside import Beside
from dropout_core.running.sweep.shared_purse import SharedPurse
from dropout_core.values.api import Api
from dropout_core.values.config import EvaluationConfig

if TYPE_CHECKING:
    from dropout_core.running.evaluation import Evaluation
    from dropout_core.sandbox import ReadableFolder, Sandbox

NextOf = Callable[[Sequence["Evaluation"]], "Evaluation | None"]
"""Says which of those that wait begins the next trial; ``None`` when none of them may."""
HeldBack = Callable[[Mapping[int, str]], None]
"""Hears, by their numbers, which evaluations the purse lets begin nothing, and why, whenever that changes."""


class SideBySide:
    """What several evaluations share. Use from one event loop, and close it after the last of them."""

    def __init__(
        self,
        limit: int,
        next_of: NextOf | None = None,
        *,
        purse: Purse = Purse(),  # noqa: B008
        held_back: HeldBack | None = None,
        allow_weak_sandbox: bool = False,
    ) -> None:
        """At most `limit` trials of all are in flight. `next_of` says whose turn it is; otherwise it is that of the
        evaluation with the fewest in flight that the `purse` lets begin. No trial begins before `begin`."""
        self._limit = limit
        self._next_of = next_of or self._fewest_in_flight
        self.purse = SharedPurse(purse)
        """What they may spend, and have spent."""
        self._tell_held_back = held_back
        self._without_money: Mapping[int, str] = {}
        self._allow_weak_sandbox = allow_weak_sandbox
        self._evaluations: list[Evaluation] = []
        self._gates: dict[tuple[Api, str | None, bool], Gate] = {}
        self._sandboxes: dict[ReadableFolder | None, Sandbox] = {}
        self._rounds = Rounds()
        self._opening = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._held_back: frozenset[int] = frozenset()
        """The evaluations of which no further trial begins until the first has been answered."""
        self._turn: int | None = None
        """The evaluation that may begin a trial now."""
        self._begun = False
        self._hands_out_soon = False

    @property
    def limit(self) -> int:
        """Most trials in flight at once, of all evaluations together."""
        return self._limit

    @property
    def in_flight(self) -> int:
        """How many trials are in flight, of all evaluations together."""
        return sum(len(each.in_flight) for each in self._evaluations)

    @property
    def _in_flight_singly(self) -> int:
        """How many of them are a request of their own. A batch takes no room: it is one request, and may wait a day."""
        return sum(len(each.in_flight) for each in self._evaluations if not each.state.config.batch)

    def __iter__(self) -> Iterator[Evaluation]:
        """The evaluations, in the order in which they came."""
        return iter(self._evaluations)

    def beside(self, config: EvaluationConfig) -> Beside:
        """What an evaluation shares with the others."""
        return Beside(self, None if config.is_sample else self._gate(config), self._sandbox, self._rounds)

    def _gate(self, config: EvaluationConfig) -> Gate:
        server = config.api, config.base_url, config.is_local
        if server not in self._gates:
            self._gates[server] = Gate(self._limit, Clock(), first_alone=True)
        return self._gates[server]

    def add(self, evaluation: Evaluation) -> None:
        """Take in an evaluation that is `beside` the others here."""
        self._evaluations.append(evaluation)
        self.purse.take_in(evaluation.number, evaluation.state)

    def remove(self, evaluation: Evaluation) -> None:
        """Leave out an evaluation that is closed."""
        self._evaluations.remove(evaluation)
        self.purse.leave(evaluation.number, evaluation.state)
        self.advanced()

    def fill(self, purse: Purse) -> None:
        """Change what all of them may cost together, including what they have cost. A smaller purse stops nothing that
        is in flight."""
        self.purse.limits = purse
        self.advanced()

    def begin(self) -> None:
        """Let trials begin, from now on."""
        self._begun = True
        self.advanced()

    def set_limit(self, limit: int) -> None:
        """Change how many trials may be in flight at once, at least 1. Lowering it stops none."""
        if limit != self._limit:
            self._limit = limit
            for gate in self._gates.values():
                gate.set_limit(limit)
            self.advanced()

    def may_begin(self, evaluation: int) -> bool:
        """See `Turns`."""
        mine, self._turn = self._turn == evaluation, None
        return mine

    def advanced(self) -> None:
        """See `Turns`."""
        if self._begun and not self._hands_out_soon:
            self._hands_out_soon = True
            # What has just changed is told by an evaluation in the middle of its own affairs.
            asyncio.get_running_loop().call_soon(self._hand_out)

    def _hand_out(self) -> None:
        """Give what room there is to one evaluation after the other. What that brings about is no news meanwhile."""
        try:
            self._give_room()
        finally:
            self._hands_out_soon = False
        self._say_who_is_held_back()

    def _give_room(self) -> None:
        passed_over: set[int] = set()
        while True:
            is_full = self._in_flight_singly >= self._limit
            waiting = [
                each
                for each in self
                if each.wants_a_turn
                and each.number not in passed_over
                and (each.state.config.batch or not is_full)
            ]
            chosen = None if is_full and not waiting else self._next_of(waiting)
            if chosen is None:
                return
            before = len(chosen.in_flight)
            self._turn = chosen.number
            chosen.take_turn()
            self._turn = None
            if len(chosen.in_flight) == before:
                passed_over.add(chosen.number)

    def _fewest_in_flight(self, waiting: Sequence[Evaluation]) -> Evaluation | None:
        """The evaluation with the fewest trials in flight; what was answered in part before goes first."""
        for each in waiting:
            if each.goes_on_next:
                return each
        self._held_back = frozenset(each.number for each in waiting if self._is_unproven(each))
        able = [
            each
            for each in waiting
            if each.number not in self._held_back and self._why_not_affordable(each) is None
        ]
        return min(able, key=lambda each: len(each.in_flight), default=None)

    def _why_not_affordable(self, evaluation: Evaluation) -> str | None:
        if self.purse.limits == Purse():
            return None
        spenders = {each.number: Spender(each.state, each.in_flight) for each in self}
        return self.purse.why_none_may_begin(evaluation.number, spenders)

    def _say_who_is_held_back(self) -> None:
        """Tell which evaluations the purse lets begin nothing. While anything is in flight, what is reserved for it may
        yet come back."""
        whys = {
            each.number: why
            for each in self
            if each.waits_for_its_turn and not each.goes_on_next
            if not self.in_flight or self.purse.is_shut_to(each.state)
            if (why := self._why_not_affordable(each)) is not None
        }
        if whys != self._without_money:
            self._without_money = whys
            if self._tell_held_back is not None:
                self._tell_held_back(whys)

    def _is_unproven(self, evaluation: Evaluation) -> bool:
        """Whether its first trial is under way and nothing has come back yet, from a server that has answered others:
        many wrong requests help nobody. While a server has answered nobody, its gate lets one request through."""
        config = evaluation.state.config
        if config.is_sample or config.batch or self._gate(config).untried or evaluation.state.tally.ended:
            return False
        return bool(evaluation.in_flight) and not evaluation.is_answered

    def heard_of(self, evaluation: Evaluation) -> None:
        """Something has happened to an evaluation: if it was answered for the first time, others of its trials may
        begin."""
        if evaluation.number in self._held_back and not self._is_unproven(evaluation):
            self.advanced()

    async def _sandbox(self, folder: ReadableFolder | None) -> Sandbox:
        """One for all evaluations whose answers may read the same."""
        async with self._opening:
            if folder not in self._sandboxes:
                from dropout_core.sandbox.opening import open_sandbox

                sandbox = await open_sandbox(allow_weak=self._allow_weak_sandbox, folder=folder)
                self._stack.push_async_callback(sandbox.close)
                self._sandboxes[folder] = sandbox
            return self._sandboxes[folder]

    async def close(self) -> None:
        """Close the sandboxes."""
        await self._stack.aclose()
