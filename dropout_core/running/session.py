"""One evaluation with everything it needs – model, grader, sandbox, journal – from opening to closing."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from importlib import import_module

from dropout_core.attempts.attempt import Interpreter
from dropout_core.costs.price_list import price_for_budget, price_of
from dropout_core.models import KnowsItsLimit, Model, ModelUnusable
from dropout_core.models.retry.user_limits import attempt_seconds
from dropout_core.models.sample.answers import SampleAnswer, read_samples
from dropout_core.running.evaluation import Evaluation
from dropout_core.sandbox import Sandbox, SandboxBroken
from dropout_core.state.evaluation_state import EvaluationState, begin
from dropout_core.state.events import EvaluationStarted
from dropout_core.storage.journal import Journal
from dropout_core.storage.lease import Lease
from dropout_core.storage.store import Store
from dropout_core.task.unusable import TaskUnusable
from dropout_core.tasks.chosen import ChosenTask, task_of, what_changed
from dropout_core.tasks.dropout import UnknownSuite
from dropout_core.values.agent_tools import TOOLS, tools_for
from dropout_core.values.config import ASSUMED_MAX_TOKENS, EvaluationConfig
from dropout_core.values.conversation import Tool
from dropout_core.values.file_limit import raise_limit, requests_that_fit
from dropout_core.values.price import Price
from dropout_core.values.task_names import DROPOUT
from dropout_core.verdict.isolation_levels import words_of


def model_for(config: EvaluationConfig, *, sample_pace: float | None = None) -> Model:
    """Whoever answers in this evaluation. `sample_pace` is in tokens a second; ``None`` does not wait.

    Raises:
        ModelUnusable: it is known already that no request can succeed, such as when there is no key.
    """
    if config.is_sample:
        from dropout_core.models.sample.model import SampleModel

        return SampleModel(pace=sample_pace, answers=_samples_for(config))
    from dropout_core.models.anthropic.client import AnthropicModel

    model = AnthropicModel(config.model, config.base_url, timeout=config.timeout)
    model.preflight()
    return model


def _samples_for(config: EvaluationConfig) -> tuple[SampleAnswer, ...] | None:
    """The built-in answers to the evaluation's task; `None` are those to dropout."""
    try:
        task = task_of(config)
    except TaskUnusable as error:
        raise ModelUnusable(str(error)) from None
    if task.own is None:
        return None
    if task.samples is None:
        raise ModelUnusable(
            f"task {task.name} has no samples; give another --model, or the task a folder of samples"
        )
    try:
        return read_samples(task.samples, task.function)
    except (OSError, ValueError) as error:
        raise ModelUnusable(f"cannot read the samples of task {task.name}: {error}") from None


def _tools(config: EvaluationConfig, allow_weak_sandbox: bool) -> tuple[Tool, ...]:
    """What an agent may call in this evaluation.

    Raises:
        ModelUnusable: the task's own tools cannot be had.
    """
    if config.function:
        return TOOLS if config.function == DROPOUT else tools_for(config.function)
    from dropout_core.grading.folder_tools import offered_tools
    from dropout_core.task.grader_folder import GraderFolder

    try:
        task = task_of(config).own
        if not isinstance(task, GraderFolder):
            raise TaskUnusable(f"{config.task_file} is no folder with a grader any more")
        return offered_tools(task, allow_weak_sandbox=allow_weak_sandbox)
    except (TaskUnusable, SandboxBroken) as error:
        raise ModelUnusable(str(error)) from None


def _interpreter(sandbox: Sandbox, task: ChosenTask) -> Interpreter:
    """What runs an agent's tools."""
    from dropout_core.grading.folder_tools import FolderTools
    from dropout_core.task.grader_folder import GraderFolder

    return FolderTools(sandbox, task.own) if isinstance(task.own, GraderFolder) else sandbox


class Session:
    """An evaluation and the things it owns. Use as an asynchronous context manager."""

    def __init__(
        self,
        store: Store,
        lease: Lease,
        number: int,
        state: EvaluationState,
        model: Model,
        *,
        allow_weak_sandbox: bool = False,
        reopened: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Run the stored evaluation `number`, whose state is `state`; see `new` and `resumed`.

        `reopened` says that another session began it. `allow_weak_sandbox` runs code also where the system cannot be
        protected from it.
        """
        self.store = store.path
        """The file it is stored in."""
        self.number = number
        """The evaluation's number in the store."""
        self.state = state
        """The state when it was opened; later states are folded from the journal's events."""
        self.journal = Journal(store, number)
        self._model = model
        self._allow_weak_sandbox = allow_weak_sandbox
        self._reopened = reopened
        self._clock = clock
        self._stack = AsyncExitStack()
        self._stack.callback(lease.release)
        self._evaluation: Evaluation | None = None
        self.notice: str | None = None
        """What the user should know of how it runs, in one line; known once the session is entered."""

    @classmethod
    def new(
        cls,
        store: Store,
        config: EvaluationConfig,
        model: Model,
        *,
        allow_weak_sandbox: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> Session:
        """Store a new evaluation and take it on.

        Raises:
            StoreUnusable: it cannot be stored.
            ModelUnusable: the task's own tools cannot be had.
            Unpriced: it has a budget in dollars, and the model's price is not known. Nothing is stored then.
        """
        if config.budget is not None:
            price_for_budget(config)
        if config.mode == "agent":
            config = replace(config, tools=_tools(config, allow_weak_sandbox))
        if config.base_url is None and not config.is_sample:
            # Whoever reads this later has another environment.
            config = replace(config, base_url=os.environ.get("ANTHROPIC_BASE_URL") or None)
        event = EvaluationStarted(at=clock(), config=config)
        leases: list[Lease] = []
        try:
            # It is taken on before it can be seen: nothing is stored that nobody runs.
            number = store.create(event, lambda number: leases.append(Lease(store.path, number)))
        except BaseException:
            for lease in leases:
                lease.release()
            raise
        return cls(
            store, leases[0], number, begin(event), model, allow_weak_sandbox=allow_weak_sandbox, clock=clock
        )

    @classmethod
    def resumed(
        cls,
        store: Store,
        number: int,
        model_of: Callable[[EvaluationConfig], Model],
        *,
        check: Callable[[EvaluationState], None] | None = None,
        allow_weak_sandbox: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> Session:
        """Take on a stored evaluation where it stands, unless `check` refuses. `model_of` gives whoever answers in it.

        Raises:
            EvaluationBusy: another program runs it.
            StoreUnusable: the store cannot be read, or not what is gone on from.
            UnknownEvaluation: there is none of this number.
            ModelUnusable: what `check` or `model_of` raises.
        """
        # The lease first: what is read before it may be out of date.
        lease = Lease(store.path, number)
        try:
            state = store.state(number)
            store.fit_to_go_on(number, state)
            if check is not None:
                check(state)
            model = model_of(state.config)
        except BaseException:
            lease.release()
            raise
        return cls(
            store,
            lease,
            number,
            state,
            model,
            allow_weak_sandbox=allow_weak_sandbox,
            reopened=True,
            clock=clock,
        )

    @property
    def evaluation(self) -> Evaluation:
        """Takes the commands; there once the session is entered."""
        if self._evaluation is None:
            raise RuntimeError("the session has not been entered")
        return self._evaluation

    async def __aenter__(self) -> Session:
        """Open what is needed.

        Raises:
            SandboxTooWeak: this system could not be protected from the code; nothing was asked of the model.
            SandboxBroken: code cannot be run at all, or there is nothing to judge it by.
        """
        try:
            self._evaluation = await self._opened()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def _opened(self) -> Evaluation:
        self._stack.push_async_callback(self._model.close)
        opening = asyncio.create_task(self._model.open())
        self._stack.callback(opening.cancel)
        # NumPy takes a tenth of a second to import; the screen must not wait for it.
        await asyncio.to_thread(import_module, "dropout_core.grading")
        from dropout_core.grading import Grader
        from dropout_core.sandbox.opening import open_sandbox

        task = self._task()
        pricing = asyncio.create_task(asyncio.to_thread(self._price))
        limiting = asyncio.create_task(self._longest_reply())
        self._stack.callback(limiting.cancel)
        try:
            sandbox = await open_sandbox(allow_weak=self._allow_weak_sandbox, folder=task.readable)
        except BaseException:
            pricing.cancel()
            raise
        self._stack.push_async_callback(sandbox.close)
        self._say(words_of(sandbox.isolation))
        price = await pricing
        self._say(what_changed(self.state.config, task))
        grader = await self._stack.enter_async_context(
            Grader(suite=self.state.config.suite, task=task.to_grade, sandbox=sandbox)
        )
        evaluation = Evaluation(
            self.state,
            model=self._model,
            grading=grader,
            interpreter=_interpreter(sandbox, task),
            journal=self.journal,
            clock=self._clock,
            attempt_seconds=attempt_seconds(self.state.config.timeout),
            reopened=self._reopened,
            first_alone=not self.state.config.is_sample,
        )
        self._stack.push_async_callback(evaluation.close)
        if price is not None:
            evaluation.set_price(price)
        self._fit_into_open_files(evaluation)
        await opening
        if self.state.config.max_tokens_from == "auto":
            limit = await limiting
            evaluation.set_reply_limit(limit or ASSUMED_MAX_TOKENS, "model" if limit else "assumed")
        return evaluation

    def _task(self) -> ChosenTask:
        """What its answers are judged by."""
        try:
            task = task_of(self.state.config)
            task.suite(self.state.config.suite)
        except (TaskUnusable, UnknownSuite) as error:
            raise SandboxBroken(str(error)) from error
        return task

    async def _longest_reply(self) -> int | None:
        """What the server says of the model, if that is asked for."""
        if self.state.config.max_tokens_from == "auto" and isinstance(self._model, KnowsItsLimit):
            return await self._model.longest_reply()
        return None

    def _fit_into_open_files(self, evaluation: Evaluation) -> None:
        """Have no more requests in flight than this process may have connections for."""
        files = raise_limit()
        fitting = requests_that_fit(files)
        if not self.state.config.is_sample and self.state.limit > fitting:
            evaluation.set_concurrency(fitting)
            self._say(f"{fitting} requests at once fit into the {files} files that may be open (ulimit -n)")

    def _say(self, words: str | None) -> None:
        """Add to what the user should know."""
        self.notice = "; ".join(filter(None, (self.notice, words))) or None

    def _price(self) -> Price | None:
        """What is known already stands: an evaluation keeps the price it began with."""
        return self.state.price or price_of(self.state.config)

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
