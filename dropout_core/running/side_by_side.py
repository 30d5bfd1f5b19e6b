"""Evaluations side by side: under one limit of trials in flight, one gate to each server, and in the same sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack

from dropout_core.models.retry.gate import Clock, Gate
from dropout_core.running.beside import Beside
from dropout_core.running.evaluation import Evaluation
from dropout_core.sandbox import ReadableFolder, Sandbox
from dropout_core.values.api import Api
from dropout_core.values.config import EvaluationConfig

NextOf = Callable[[Sequence[Evaluation]], Evaluation | None]
"""Says which of those that wait begins the next trial; ``None`` when none of them may."""


class SideBySide:
    """What several evaluations share. Use from one event loop, and close it after the last of them."""

    def __init__(
        self, limit: int, next_of: NextOf | None = None, *, allow_weak_sandbox: bool = False
    ) -> None:
        """At most `limit` trials of all are in flight. `next_of` says whose turn it is; otherwise it is that of the
        evaluation with the fewest in flight. No trial begins before `begin`."""
        self._limit = limit
        self._next_of = next_of or self._fewest_in_flight
        self._allow_weak_sandbox = allow_weak_sandbox
        self._evaluations: list[Evaluation] = []
        self._gates: dict[tuple[Api, str | None], Gate] = {}
        self._sandboxes: dict[ReadableFolder | None, Sandbox] = {}
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

    def __iter__(self) -> Iterator[Evaluation]:
        """The evaluations, in the order in which they came."""
        return iter(self._evaluations)

    def beside(self, config: EvaluationConfig) -> Beside:
        """What an evaluation shares with the others."""
        return Beside(self, None if config.is_sample else self._gate(config), self._sandbox)

    def _gate(self, config: EvaluationConfig) -> Gate:
        server = config.api, config.base_url
        if server not in self._gates:
            self._gates[server] = Gate(self._limit, Clock(), first_alone=True)
        return self._gates[server]

    def add(self, evaluation: Evaluation) -> None:
        """Take in an evaluation that is `beside` the others here."""
        self._evaluations.append(evaluation)

    def remove(self, evaluation: Evaluation) -> None:
        """Leave out an evaluation that is closed."""
        self._evaluations.remove(evaluation)
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

    def _give_room(self) -> None:
        passed_over: set[int] = set()
        while self.in_flight < self._limit:
            chosen = self._next_of(
                [each for each in self if each.wants_a_turn and each.number not in passed_over]
            )
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
        able = [each for each in waiting if each.number not in self._held_back]
        return min(able, key=lambda each: len(each.in_flight), default=None)

    def _is_unproven(self, evaluation: Evaluation) -> bool:
        """Whether its first trial is under way and nothing has come back yet, from a server that has answered others:
        many wrong requests help nobody. While a server has answered nobody, its gate lets one request through."""
        config = evaluation.state.config
        if config.is_sample or self._gate(config).untried or evaluation.state.tally.ended:
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
