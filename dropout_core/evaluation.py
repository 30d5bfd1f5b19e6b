"""An evaluation from Python: a model's pass rate at a task, run by run.

    from dropout_core import Evaluation

    evaluation = Evaluation("sample", suite="basic", runs=10)
    async for run in evaluation:
        print(run)
    print(evaluation.result)

This begins an evaluation and sees it to its end. `dropout_core.running.evaluation` is what runs inside: it takes
commands, and goes on with what was interrupted.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dropout_core.analysis.asked import never_asked
from dropout_core.costs.budget import BUDGET
from dropout_core.models import Model
from dropout_core.reports.jsonlines import summary_object
from dropout_core.running.session import Session, model_for
from dropout_core.state.end_reasons import COMPLETED, DECIDED, STOPPED
from dropout_core.state.evaluation_state import EvaluationState, Folding, begin
from dropout_core.state.events import EvaluationStarted, Event, VerdictReached
from dropout_core.storage.store import Store
from dropout_core.task.prompt import load_prompt
from dropout_core.task.sources.loading import load_task
from dropout_core.values.config import (
    ASSUMED_MAX_TOKENS,
    DEFAULT_MAX_TOKENS,
    SAMPLE_MODEL,
    SAMPLE_NOTICE,
    EvaluationConfig,
)
from dropout_core.values.seeds import fresh_seed
from dropout_core.values.task_names import DROPOUT
from dropout_core.verdict.verdict import Outcome, Verdict

__all__ = ["Evaluation", "EvaluationStopped", "Result", "Run"]

_GIVEN_BY_THE_TASK = frozenset(
    {
        "prompt_text",
        "task_file",
        "task_version",
        "task_digest",
        "function",
        "check_titles",
        "unasked",
        "tools",
    }
)
_GIVEN_BY_SWEEPS = frozenset({"sweep", "sweep_cell", "decision_error", "max_tokens_from"})
_SAID = {Outcome.PASSED: "SUCCESS", Outcome.FAILED: "FAILURE", Outcome.VOID: "VOID"}


class EvaluationStopped(Exception):
    """It could not go on; the message says why, in one line. What it has so far is in its `result`."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run that has ended."""

    number: int
    verdict: Verdict
    code: str | None
    """What the model handed in; `None` where there was no code."""

    def __str__(self) -> str:
        return f"Run {self.number}: {_SAID[self.verdict.outcome]} - {self.verdict.reason}"


@dataclass(frozen=True, slots=True)
class Result:
    """What an evaluation has found so far. As text it is a short table."""

    model: str
    task: str
    suite: str
    runs: int
    """How many there are to be."""
    passed: int
    failed: int
    void: int
    pass_rate: float | None
    """Passed over graded runs; `None` before the first."""
    interval: tuple[float, float]
    """Wilson's 95 % interval of the pass rate."""
    band: tuple[float, float]
    decision: str
    """Whether the rate is ``in`` the band, ``below`` or ``above`` it, or this is ``undecided``."""
    causes: dict[str, int]
    """How many runs failed for what first."""
    stop_reason: str | None

    @property
    def graded(self) -> int:
        """Runs that passed or failed."""
        return self.passed + self.failed

    def __str__(self) -> str:
        return "\n".join(f"{name:<10}{value}" for name, value in self._rows())

    def _rows(self) -> Iterator[tuple[str, str]]:
        yield "Task", f"{self.task}, suite {self.suite}"
        yield "Model", self.model
        yield "Passed", f"{self.passed}/{self.graded}" + (f", and {self.void} void" if self.void else "")
        if self.pass_rate is not None:
            yield "Rate", f"{self.pass_rate:.1%}, 95 % interval {_percent(self.interval)}"
        yield "Band", f"{_percent(self.band)}: {self.decision}"
        if self.causes:
            counts = sorted(self.causes.items(), key=lambda item: -item[1])
            yield "Failed by", ", ".join(f"{cause} {count}" for cause, count in counts)
        if self.model == SAMPLE_MODEL:
            yield "Note", SAMPLE_NOTICE


class Evaluation:
    """Runs of one task against one model: iterate over it, or await `run`."""

    def __init__(
        self,
        model: str | Model = SAMPLE_MODEL,
        *,
        task: str | Path = DROPOUT,
        suite: str | None = None,
        prompt: str = "explicit",
        runs: int = 10,
        store: Path | str | None = None,
        allow_weak_sandbox: bool = False,
        **settings: Any,
    ) -> None:
        """`model` is the name of one, asked as ``dropout-tui`` asks it, or an object that answers. `task` is a name, or
        the path of a file, which is run; `suite` is its first unless given; `prompt` is ``explicit``, ``plain``,
        ``terse`` or the path of a text file.

        Results are kept in `store`, a file that ``dropout-tui history --store`` lists, or else only here.

        Further `settings` are fields of `EvaluationConfig`: ``concurrency``, ``mode``, ``band=(0.1, 0.4)``,
        ``until_decided``, ``batch``, ``seed``, ``budget``, ``temperature``, ``thinking``, ``max_tokens``,
        ``base_url`` …

        Raises:
            TypeError: there is no such setting.
            ValueError: a setting cannot have this value, or there is no such suite, prompt or task.
        """
        self._model = model
        self._store = None if store is None else Path(store)
        self._allow_weak_sandbox = allow_weak_sandbox
        name = model if isinstance(model, str) else model.name
        self.config = _config(name, task, suite, prompt, {"runs": runs, **settings})
        """The settings, all of them."""
        self._number = 0
        self._state = begin(EvaluationStarted(at=0.0, config=self.config))
        self._stop: Callable[[], object] | None = None

    @property
    def result(self) -> Result:
        """What it has found so far."""
        return result_of(self._state)

    @property
    def summary(self) -> dict[str, Any]:
        """All that ``dropout-tui run --json`` says at its end, so far."""
        return summary_object(self._number, self._state)

    async def run(self, progress: Callable[[Run, Result], object] | None = None) -> Result:
        """Run it to its end. `progress` is called with each run that ends, and what is known then.

        Raises:
            EvaluationStopped: it could not go on.
        """
        async with aclosing(self.__aiter__()) as ended:
            async for run in ended:
                if progress is not None:
                    progress(run, self.result)
        return self.result

    def stop(self) -> None:
        """Begin no further run; those under way end by themselves."""
        if self._stop is not None:
            self._stop()

    async def __aiter__(self) -> AsyncGenerator[Run, None]:
        """Begin a new evaluation, and give each run as it ends. What is under way when the iterator is closed is cut
        off.

        Raises:
            EvaluationStopped: it could not go on.
            ModelUnusable: the model cannot be asked.
            SandboxBroken: code cannot be run here; `SandboxTooWeak` where it could do harm.
            StoreUnusable: results cannot be stored.
        """
        model = model_for(self.config) if isinstance(self._model, str) else self._model
        with self._opened_store() as store:
            session = Session.new(store, self.config, model, allow_weak_sandbox=self._allow_weak_sandbox)
            try:
                async with session:
                    self._number, self._stop = session.number, session.evaluation.stop
                    async with aclosing(_runs_of(session)) as ended:
                        async for self._state, run in ended:
                            if run is not None:
                                yield run
            except Exception:
                session.withdraw(store)
                raise
        self._stop = None
        why = self._state.stop_reason
        if why not in (COMPLETED, DECIDED, STOPPED, BUDGET):
            raise EvaluationStopped(why or "some runs are paused")

    @contextmanager
    def _opened_store(self) -> Iterator[Store]:
        with TemporaryDirectory(prefix="dropout-") as folder:
            store = Store(self._store or Path(folder) / "results.db")
            try:
                yield store
            finally:
                store.close()


async def _runs_of(session: Session) -> AsyncGenerator[tuple[EvaluationState, Run | None], None]:
    """Each run that ends, with the state then; and the state at the end."""
    arrived: asyncio.Queue[tuple[EvaluationState, Run]] = asyncio.Queue()
    folding = Folding(session.state)

    def receive(events: Sequence[Event]) -> None:
        for event in events:
            folding.add(event)
            if isinstance(event, VerdictReached):
                code = folding.trial(event.trial).attempt(event.attempt).code
                arrived.put_nowait((folding.state, Run(event.trial, event.verdict, code)))

    session.journal.listen(receive)
    await session.journal.flush()
    session.evaluation.start()
    finished = asyncio.ensure_future(session.evaluation.finished())
    try:
        while not (finished.done() and arrived.empty()):
            coming = asyncio.ensure_future(arrived.get())
            await asyncio.wait((coming, finished), return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                yield coming.result()
            else:
                coming.cancel()
        finished.result()
        yield folding.state, None
    finally:
        finished.cancel()


def result_of(state: EvaluationState) -> Result:
    """The result of an evaluation in this state."""
    return Result(
        model=state.config.model,
        task=state.config.task,
        suite=state.config.suite,
        runs=state.config.runs,
        passed=state.tally.passed,
        failed=state.tally.failed,
        void=state.tally.void,
        pass_rate=state.pass_rate,
        interval=state.interval,
        band=(state.config.band.lo, state.config.band.hi),
        decision=str(state.decision),
        causes={name: checks.first for name, checks in state.checks if checks.first},
        stop_reason=state.stop_reason,
    )


def _config(
    model: str, name: str | Path, suite: str | None, prompt: str, settings: dict[str, Any]
) -> EvaluationConfig:
    """The settings of an evaluation, checked like stored ones.

    Raises:
        TypeError: one is not known.
        ValueError: one cannot have its value.
    """
    known = {one.name for one in fields(EvaluationConfig)} - _GIVEN_BY_THE_TASK - _GIVEN_BY_SWEEPS
    if unknown := sorted(settings.keys() - known):
        raise TypeError(f"there is no setting {unknown[0]!r}; there are {', '.join(sorted(known))}")
    task = load_task(name)
    suite = task.default_suite if suite is None else suite
    asked = load_prompt(prompt, suite=suite, mode=settings.get("mode", "answer"), task=task)
    limit = (
        {"max_tokens_from": "stated"}
        if "max_tokens" in settings
        else {"max_tokens": DEFAULT_MAX_TOKENS, "max_tokens_from": "built in"}
        if model == SAMPLE_MODEL
        else {"max_tokens": ASSUMED_MAX_TOKENS, "max_tokens_from": "auto"}
    )
    config = EvaluationConfig.from_json(
        {
            "model": model,
            "prompt": asked.name,
            "prompt_text": asked.text,
            **task.stored(suite),
            **limit,
            **_plain(settings),
        }
    )
    return replace(config, unasked=never_asked(config, task, suite))


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings as they are stored; without a seed one is drawn."""
    stored = {
        name: value.to_json() if hasattr(value, "to_json") else value for name, value in settings.items()
    }
    if "band" in stored:
        stored["band"] = list(stored["band"])
    if stored.get("seed") is None:
        stored["seed"] = fresh_seed()
    return stored


def _percent(bounds: tuple[float, float]) -> str:
    return f"{bounds[0]:.0%} to {bounds[1]:.0%}"
