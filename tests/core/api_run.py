"""An evaluation of the real model client against a server, on a real store; what is graded is a word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from dropout_core.models import Model
from dropout_core.models.anthropic.client import AnthropicModel, TimeLimits
from dropout_core.models.retry.gate import Clock
from dropout_core.models.retry.time_budget import ATTEMPT_SECONDS
from dropout_core.running.evaluation import Evaluation
from dropout_core.state import events
from dropout_core.state.evaluation_state import EvaluationState, begin, evolve
from dropout_core.state.trial_state import Phase
from dropout_core.storage.journal import Journal
from dropout_core.storage.store import Store
from tests.core.api_model import asking, ignore
from tests.core.bench import Calculator, WordGrading, config
from tests.faults import Numbered
from tests.messages_server import MessagesServer

HURRY = 1000.0
"""Waits between tries pass so many times faster."""
LIMITS = TimeLimits(connect=10, first_token=2, stall=1)
"""Long enough for a busy machine, short enough for a server that falls silent again and again."""


class WaitedTime:
    """A clock that waits alone move on: by it, requests take no time, however busy the machine is."""

    def __init__(self) -> None:
        self._now = 0.0

    async def sleep(self, seconds: float) -> None:
        until = self._now + seconds
        await asyncio.sleep(seconds / HURRY)
        self._now = max(self._now, until)

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: self._now, sleep=self.sleep)


class Run:
    """An evaluation of the real model against a server, and all that was shown of it."""

    def __init__(
        self,
        path: Path,
        model: Model,
        waits: Clock,
        attempt_seconds: float,
        first_alone: bool,
        **changes: object,
    ) -> None:
        self.store = Store(path / "store.sqlite3")
        started = events.EvaluationStarted(at=0.0, config=config(**changes))
        self.events: list[events.Event] = [started]
        self.state = begin(started)
        self.journal = Journal(self.store, self.store.create(started))
        self.journal.listen(self._receive)
        self._changed = asyncio.Event()
        self.evaluation = Evaluation(
            self.state,
            model=model,
            grading=WordGrading(),
            interpreter=Calculator(),
            journal=self.journal,
            waits=waits,
            attempt_seconds=attempt_seconds,
            first_alone=first_alone,
        )

    def _receive(self, events: Sequence[events.Event]) -> None:
        self.events += events
        for event in events:
            self.state = evolve(self.state, event)
        self._changed.set()

    async def until(self, phase: Phase) -> None:
        """Wait until the first trial is in that phase."""
        while (latest := self.state.trial(1).latest) is None or latest.phase is not phase:
            await self.until_changed()

    async def until_changed(self) -> None:
        """Wait until something more has happened."""
        async with asyncio.timeout(100):
            self._changed.clear()
            await self._changed.wait()

    def count(self, kind: type[events.Event]) -> int:
        return sum(isinstance(event, kind) for event in self.events)

    @property
    def stored(self) -> EvaluationState:
        return self.store.state(self.journal.evaluation)


@asynccontextmanager
async def running(
    path: Path,
    model: Model,
    *,
    runs: int,
    concurrency: int = 10,
    waits: Clock | None = None,
    attempt_seconds: float = ATTEMPT_SECONDS,
    first_alone: bool = False,
    **changes: object,
) -> AsyncIterator[Run]:
    """An evaluation that is not started yet, in a store in the folder `path`; further keywords change its settings."""
    waits = waits or WaitedTime().clock
    one = Run(path, model, waits, attempt_seconds, first_alone, runs=runs, concurrency=concurrency, **changes)
    try:
        yield one
    finally:
        await one.evaluation.close()
        await model.close()
        one.store.close()


async def known(server: MessagesServer) -> Model:
    """A model that has answered once: address, key and name are right, so what goes wrong later may pass."""
    model = Numbered(AnthropicModel("claude-x", server.url, time_limits=LIMITS))
    await model.reply(asking(), ignore)
    return model
