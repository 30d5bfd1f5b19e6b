"""An evaluation that is asked in batches, on a real store; also in a process of its own that can be killed."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

from dropout_core.models.anthropic.client import AnthropicModel
from dropout_core.running.batches.access import BatchAccess
from dropout_core.running.batches.pace import BatchPace
from dropout_core.running.evaluation import Evaluation
from dropout_core.state import events
from dropout_core.state.evaluation_state import EvaluationState, begin, evolve
from dropout_core.storage.journal import Journal
from dropout_core.storage.store import Store
from tests.core.bench import Calculator, WordGrading, config

FAST = BatchPace(first=0.01, longest=0.05, settled=0.0)


class BatchRun:
    """One evaluation. `state` is what a screen would show, `events` what it was shown."""

    def __init__(self, path: Path, url: str, *, again: bool = False, **changes: object) -> None:
        """Begin an evaluation with these settings, or go on with the one that is stored in the folder `path`."""
        self.store = Store(path / "store.sqlite3")
        self.model = AnthropicModel("m", url)
        stored = self.store.newest()
        if stored:
            number = stored[0]
            self.state = self.store.state(number)
        else:
            started = events.EvaluationStarted(at=0.0, config=config(model="m", batch=True, **changes))
            number, self.state = self.store.create(started), begin(started)
        self.events: list[events.Event] = []
        self.journal = Journal(self.store, number)
        self.journal.listen(self._receive)
        self._changed = asyncio.Event()
        self.evaluation = Evaluation(
            self.state,
            model=self.model,
            grading=WordGrading(),
            interpreter=Calculator(),
            journal=self.journal,
            reopened=bool(stored),
            batches=BatchAccess(
                self.model.batches(), number, FAST, known_ids=self.store.batch_ids, again=again
            ),
        )

    def _receive(self, arrived: Sequence[events.Event]) -> None:
        self.events += arrived
        for event in arrived:
            self.state = evolve(self.state, event)
        self._changed.set()

    async def until(self, reached: Callable[[], object]) -> None:
        """Wait until something is so; it is looked at after every event."""
        async with asyncio.timeout(100):
            while not reached():
                self._changed.clear()
                await self._changed.wait()

    async def submitted(self) -> None:
        """Start it, and wait until its first batch is at the server."""
        self.evaluation.start()
        await self.until(lambda: self.state.batches and self.state.batches[0].id)

    async def finished(self) -> EvaluationState:
        """Run it to its end; the state that is stored then, which is also the one that was shown."""
        self.evaluation.start()
        await self.evaluation.finished()
        stored = self.stored
        shown = self.state
        assert stored.trials == shown.trials
        assert stored.tally == shown.tally
        return stored

    @property
    def stored(self) -> EvaluationState:
        return self.store.state(self.journal.evaluation)

    def stored_again(self) -> EvaluationState:
        """What is stored, after all is closed."""
        store = Store(self.store.path)
        try:
            return store.state(self.journal.evaluation)
        finally:
            store.close()

    @property
    def statuses(self) -> list[str]:
        return [str(trial.status) for trial in self.state.trials]


@asynccontextmanager
async def batch_run(
    path: Path, url: str, *, again: bool = False, **changes: object
) -> AsyncIterator[BatchRun]:
    """See `BatchRun`."""
    run = BatchRun(path, url, again=again, **changes)
    try:
        yield run
    finally:
        await run.evaluation.close()
        await run.model.close()
        run.store.close()


def _to_its_end(path: Path, url: str, changes: dict[str, object]) -> None:
    async def to_its_end() -> None:
        async with batch_run(path, url, again=False, **changes) as run:
            await run.finished()

    asyncio.run(to_its_end())


def in_process(path: Path, url: str, **changes: object) -> BaseProcess:
    """Run it to its end in a process of its own, which is started."""
    context = multiprocessing.get_context("forkserver")
    # Once for all processes: importing takes longer than everything else.
    context.set_forkserver_preload(["anthropic", "tests.core.batch_run"])
    process = context.Process(target=_to_its_end, args=(path, url, changes))
    process.start()
    return process
