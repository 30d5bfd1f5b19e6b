"""An evaluation on a real store, with a model and a grader that wait for the test's word."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from dropout_core.models import Reply, Request, Usage
from dropout_core.running.evaluation import Evaluation
from dropout_core.state.evaluation_state import EvaluationState, begin, evolve
from dropout_core.state.events import EvaluationStarted, Event
from dropout_core.storage.journal import Journal
from dropout_core.storage.store import Store, StoreUnusable
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.conversation import Message, TextBlock
from dropout_core.values.seeds import derived_seed
from dropout_core.verdict.verdict import Outcome, Verdict

PASSING = "```python\ndef dropout(x, p, training):\n    return 'pass'\n```"
MOST_TRIALS = 1_000
FAILING = "```python\ndef dropout(x, p, training):\n    return 'fail'\n```"


def text_reply(text: str, stop_reason: str = "end_turn") -> Reply:
    return Reply(Message("assistant", (TextBlock(text),)), stop_reason, Usage(100, 20), "scripted-1")


def config(**changes: object) -> EvaluationConfig:
    values: dict[str, object] = {"model": "scripted", "prompt_text": "Write dropout.", "seed": 5, "runs": 3}
    return EvaluationConfig(**{**values, **changes})  # type: ignore[arg-type]


Answer = Reply | BaseException


@dataclass
class GatedModel:
    """Answers a trial when it is told how."""

    name: str = "scripted"
    asked: list[tuple[int, int]] = field(default_factory=list)
    """Trial and attempt of every request, in order."""
    requests: list[Request] = field(default_factory=list)
    _gates: dict[tuple[int, int, int], asyncio.Future[Answer]] = field(default_factory=dict)
    _who: dict[int, tuple[int, int]] = field(default_factory=dict)
    _seed: int = 5
    _known: int = 0
    """Trials whose seeds are known."""

    def know(self, seed: int, runs: int) -> None:
        self._seed = seed
        for trial in range(self._known + 1, runs + 1):
            for attempt in range(1, 6):
                self._who[derived_seed(derived_seed(seed, trial, attempt), "model")] = (trial, attempt)
        self._known = max(self._known, runs)

    def _asking(self, seed: int) -> tuple[int, int]:
        """The trial and attempt whose seed this is; the trials may have become more."""
        while seed not in self._who and self._known < MOST_TRIALS:
            self.know(self._seed, self._known + 5)
        return self._who[seed]

    def answer(self, trial: int, answer: Answer | str, *, attempt: int = 1, step: int = 1) -> None:
        gate = self._gate(trial, attempt, step)
        if not gate.done():
            gate.set_result(text_reply(answer) if isinstance(answer, str) else answer)

    def answered(self, trial: int, *, attempt: int = 1, step: int = 1) -> Message:
        """The turn it was told to answer with."""
        answer = self._gate(trial, attempt, step).result()
        assert isinstance(answer, Reply)
        return answer.message

    def _gate(self, trial: int, attempt: int, step: int) -> asyncio.Future[Answer]:
        key = (trial, attempt, step)
        if key not in self._gates:
            self._gates[key] = asyncio.get_running_loop().create_future()
        return self._gates[key]

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        trial, attempt = self._asking(request.seed)
        self.asked.append((trial, attempt))
        self.requests.append(request)
        answer = await asyncio.shield(self._gate(trial, attempt, request.step))
        if isinstance(answer, BaseException):
            raise answer
        on_text(answer.message.text[:5])
        on_text(answer.message.text[5:])
        return answer

    async def open(self) -> None:
        return None

    async def close(self) -> None:
        return None


@dataclass
class WordGrading:
    """Passes what says 'pass'."""

    asked: list[int | None] = field(default_factory=list)
    broken: str | None = None
    """Why nothing can be run at present."""

    async def grade(self, code: str, *, seed: int | None = None) -> Verdict:
        self.asked.append(seed)
        await asyncio.sleep(0)
        if self.broken is not None:
            return Verdict(Outcome.VOID, self.broken, "basic", seed or 0, "not run")
        passed = "'pass'" in code
        outcome = Outcome.PASSED if passed else Outcome.FAILED
        return Verdict(outcome, "All tests passed!" if passed else "It fails", "basic", seed or 0, "scripted")


@dataclass
class Output:
    stdout: str
    error: str | None = None


@dataclass
class Calculator:
    broken: Exception | None = None
    """Why nothing can be run at present."""

    async def evaluate(self, expression: str) -> Output:
        await asyncio.sleep(0)
        if self.broken is not None:
            raise self.broken
        return Output("", "Traceback: boom") if "boom" in expression else Output(f"ran {expression}\n")


class Bench:
    """One evaluation under test. `state` is what a screen would show; `events` what it was shown."""

    def __init__(
        self,
        store: Store,
        number: int,
        state: EvaluationState,
        *,
        retry_seconds: float = 1.0,
        clock: Callable[[], float] = time.time,
        reopened: bool = False,
    ) -> None:
        self.store = store
        self.state = state
        self.events: list[Event] = []
        self.model = GatedModel()
        self.model.know(state.config.seed, state.config.runs)
        self.grading = WordGrading()
        self.calculator = Calculator()
        self.journal = Journal(store, number, retry_seconds=retry_seconds)
        self.journal.listen(self._receive)
        self._changed = asyncio.Event()
        self.evaluation = Evaluation(
            state,
            model=self.model,
            grading=self.grading,
            interpreter=self.calculator,
            journal=self.journal,
            clock=clock,
            reopened=reopened,
        )

    def _receive(self, events: Sequence[Event]) -> None:
        for event in events:
            self.state = evolve(self.state, event)
            self.events.append(event)
        self._changed.set()

    async def until(self, so: Callable[[], bool]) -> None:
        """Wait until `so`, looking after every batch of events."""
        async with asyncio.timeout(100):
            while not so():
                self._changed.clear()
                await self._changed.wait()

    def statuses(self) -> list[str]:
        return [str(trial.status) for trial in self.state.trials]

    async def reads(self, *statuses: str) -> None:
        """Wait until the rows read so."""
        await self.until(lambda: self.statuses() == list(statuses))


@asynccontextmanager
async def bench(
    path: Path, *, lock_seconds: float = 10.0, retry_seconds: float = 1.0, **changes: object
) -> AsyncIterator[Bench]:
    store = Store(path / "store.sqlite3", lock_seconds=lock_seconds)
    event = EvaluationStarted(at=0.0, config=config(**changes))
    one = Bench(store, store.create(event), begin(event), retry_seconds=retry_seconds)
    try:
        yield one
    finally:
        with suppress(StoreUnusable):
            await one.evaluation.close()
        store.close()
