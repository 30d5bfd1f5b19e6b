"""Session: an evaluation with everything it needs – model, grader, sandbox, journal – opened and closed together."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from dropout_core.costs.price_list import price_for_budget, price_of
from dropout_core.models import KnowsItsLimit, Model, ModelUnusable
from dropout_core.models.api_models import api_model
from dropout_core.models.http.credentials import ADDRESS_NAMES
from dropout_core.models.retry.user_limits import attempt_seconds
from dropout_core.models.sample.answers import SampleAnswer, read_samples
from dropout_core.running.beside import Beside
from dropout_core.state.command_table import IMPORTED
from dropout_core.state.evaluation_state import EvaluationState, begin
from dropout_core.state.events import EvaluationStarted
from dropout_core.storage.journal import Journal
from dropout_core.storage.lease import Lease
from dropout_core.storage.new_evaluation import new_evaluation, withdraw
from dropout_core.storage.store import Store
from dropout_core.task.definition import Task
from dropout_core.task.requirement import UnknownSuite
from dropout_core.task.unusable import TaskUnusable
from dropout_core.tasks.chosen import task_of, what_changed
from dropout_core.values.agent_tools import TOOLS, tools_for
from dropout_core.values.config import ASSUMED_MAX_TOKENS, LOCAL_MODEL, LOCAL_SLOTS, EvaluationConfig
from dropout_core.values.conversation import Tool
from dropout_core.values.files.file_limit import raise_limit, requests_that_fit
from dropout_core.values.price import Price
from dropout_core.values.task_names import DROPOUT
from dropout_core.verdict.isolation_levels import words_of

if TYPE_CHECKING:
    from dropout_core.attempts.attempt import Interpreter
    from dropout_core.running.batches.access import BatchAccess
    from dropout_core.running.evaluation import Evaluation
    from dropout_core.sandbox import Sandbox


def model_for(config: EvaluationConfig, *, sample_pace: float | None = None) -> Model:
    """Model of this evaluation. `sample_pace` is in tokens a second; ``None`` does not wait.

    Raises:
        ModelUnusable: it is known already that no request can succeed, such as when there is no key.
    """
    if config.imported is not None:
        raise ModelUnusable(IMPORTED)
    if config.is_sample:
        from dropout_core.models.sample.model import SampleModel

        return SampleModel(pace=sample_pace, answers=_samples_for(config))
    if config.is_local:
        from dropout_core.models.local.model import LocalModel

        local = LocalModel(config.api, timeout=config.timeout)
        local.preflight()
        return local
    model = api_model(config.api, config.model, config.base_url, config.timeout)
    model.preflight()
    return model


def _samples_for(config: EvaluationConfig) -> tuple[SampleAnswer, ...]:
    """The built-in answers to the evaluation's task."""
    try:
        task = task_of(config)
    except TaskUnusable as error:
        raise ModelUnusable(str(error)) from None
    if task.samples is None:
        raise ModelUnusable(
            f"task {task.name} has no samples; give another --model, or the task a folder of samples"
        )
    try:
        return read_samples(task.samples, task.function)
    except (OSError, ValueError) as error:
        raise ModelUnusable(f"cannot read the samples of task {task.name}: {error}") from None


def _tools(config: EvaluationConfig, allow_weak_sandbox: bool) -> tuple[Tool, ...]:
    """Tools that an agent may call in this evaluation.

    Raises:
        ModelUnusable: the task's own tools cannot be had.
    """
    if config.function:
        return TOOLS if config.function == DROPOUT else tools_for(config.function)
    from dropout_core.grading.folder_tools import offered_tools
    from dropout_core.sandbox import SandboxBroken
    from dropout_core.task.sources.grader_folder import GraderFolder

    try:
        task = task_of(config)
        if not isinstance(task, GraderFolder):
            raise TaskUnusable(f"{config.task_file} is no folder with a grader any more")
        return offered_tools(task, allow_weak_sandbox=allow_weak_sandbox)
    except (TaskUnusable, SandboxBroken) as error:
        raise ModelUnusable(str(error)) from None


def _interpreter(sandbox: Sandbox, task: Task) -> Interpreter:
    """What runs an agent's tools."""
    from dropout_core.grading.folder_tools import FolderTools
    from dropout_core.task.sources.grader_folder import GraderFolder

    return FolderTools(sandbox, task) if isinstance(task, GraderFolder) else sandbox


class Session:
    """An evaluation and the resources it owns. Use as an asynchronous context manager."""

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
        beside: Beside | None = None,
    ) -> None:
        """Run the stored evaluation `number`, whose state is `state`; see `new` and `resumed`.

        `reopened` says that another session began it. `allow_weak_sandbox` runs code also where the system cannot be
        protected from it. `beside` is what it shares with others that run at the same time.
        """
        self.store = store.path
        """Store that keeps it."""
        self.number = number
        """The evaluation's number in the store."""
        self.state = state
        """State when it was opened; later states are computed from the journal's events."""
        self.journal = Journal(store, number)
        self._model = model
        self._allow_weak_sandbox = allow_weak_sandbox
        self._reopened = reopened
        self._beside = beside
        self._clock = clock
        self._stack = AsyncExitStack()
        self._stack.callback(lease.release)
        self._evaluation: Evaluation | None = None
        self.batch_again = False
        """Whether batches of which nothing can be found out are given up; to be said before the session is entered."""
        self._known_batches = store.batch_ids
        self.notice: str | None = None
        """Notice for the user on how it runs, in one line; known once the session is entered."""

    @classmethod
    def new(
        cls,
        store: Store,
        config: EvaluationConfig,
        model: Model,
        *,
        allow_weak_sandbox: bool = False,
        clock: Callable[[], float] = time.time,
        beside: Beside | None = None,
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
        if config.base_url is None and not config.asks_nobody and not config.is_local:
            # The environment may be different when this is read later.
            config = replace(config, base_url=os.environ.get(ADDRESS_NAMES[config.api]) or None)
        event = EvaluationStarted(at=clock(), config=config)
        number, lease = new_evaluation(store, event)
        return cls(
            store,
            lease,
            number,
            begin(event),
            model,
            allow_weak_sandbox=allow_weak_sandbox,
            clock=clock,
            beside=beside,
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
        beside: Beside | None = None,
    ) -> Session:
        """Open a stored evaluation to continue it, unless `check` refuses. `model_of` gives its model.

        Raises:
            EvaluationBusy: another program runs it.
            StoreUnusable: the store cannot be read, or not what is gone on from.
            UnknownEvaluation: there is none of this number.
            ModelUnusable: what `check` or `model_of` raises.
        """
        # The lease comes first: a state read before it may be out of date.
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
            beside=beside,
        )

    def run_beside(self, beside: Beside) -> None:
        """Share this with others that run at the same time; to be said before the session is entered."""
        self._beside = beside

    def wait_in_line(self) -> None:
        """Leave the time until it is entered out of how long it takes: others come first."""
        self._reopened = True

    async def abandon(self) -> None:
        """Let go of an evaluation that was not begun; another program may take it up."""
        await self._stack.aclose()

    def withdraw(self, store: Store) -> None:
        """Remove from the store what could not be entered, if this session was to begin it and nothing has happened."""
        if not self._reopened:
            withdraw(store, self.number)

    @property
    def evaluation(self) -> Evaluation:
        """The running evaluation, which takes commands; available once the session is entered."""
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
        # With NumPy they take a fifth of a second to import; the screen must not wait for them.
        for module in ("dropout_core.grading", "dropout_core.running.evaluation"):
            await asyncio.to_thread(import_module, module)
        from dropout_core.grading import Grader
        from dropout_core.running.evaluation import Evaluation

        task = self._task()
        pricing = asyncio.create_task(asyncio.to_thread(self._price))
        limiting = asyncio.create_task(self._longest_reply())
        self._stack.callback(limiting.cancel)
        try:
            sandbox = await self._sandbox(task)
        except BaseException:
            pricing.cancel()
            raise
        self._say(words_of(sandbox.isolation))
        price = await pricing
        self._say(what_changed(self.state.config, task))
        grader = await self._stack.enter_async_context(
            Grader(suite=self.state.config.suite, task=task, sandbox=sandbox)
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
            beside=self._beside,
            batches=self._batches(),
        )
        self._stack.push_async_callback(evaluation.close)
        if price is not None:
            evaluation.set_price(price)
        self._fit_into_open_files(evaluation)
        self._fit_onto_this_machine(evaluation)
        await opening
        if self.state.config.max_tokens_from == "auto":
            limit = await limiting
            evaluation.set_reply_limit(limit or ASSUMED_MAX_TOKENS, "model" if limit else "assumed")
        return evaluation

    def _batches(self) -> BatchAccess | None:
        """Where its batches are submitted, if it is asked in batches."""
        if not self.state.config.batch:
            return None
        from dropout_core.running.batches.access import BatchAccess

        return BatchAccess.of(self._model, self.number, self._known_batches, again=self.batch_again)

    async def _sandbox(self, task: Task) -> Sandbox:
        """Sandbox for its answers: one of its own, unless it is shared with other evaluations."""
        if self._beside is not None:
            return await self._beside.sandbox(task.readable)
        from dropout_core.sandbox.opening import open_sandbox

        sandbox = await open_sandbox(allow_weak=self._allow_weak_sandbox, folder=task.readable)
        self._stack.push_async_callback(sandbox.close)
        return sandbox

    def _task(self) -> Task:
        """What its answers are judged by."""
        from dropout_core.sandbox import SandboxBroken

        try:
            task = task_of(self.state.config)
            task.suite(self.state.config.suite)
        except (TaskUnusable, UnknownSuite) as error:
            raise SandboxBroken(str(error)) from error
        return task

    async def _longest_reply(self) -> int | None:
        """Longest reply according to the server, if it is needed."""
        if self.state.config.max_tokens_from == "auto" and isinstance(self._model, KnowsItsLimit):
            return await self._model.longest_reply()
        return None

    def _fit_into_open_files(self, evaluation: Evaluation) -> None:
        """Limit the requests in flight to the connections that this process may open."""
        files = raise_limit()
        fitting = requests_that_fit(files)
        one_each = not (self.state.config.is_sample or self.state.config.batch)
        if one_each and self.state.limit > fitting:
            evaluation.set_concurrency(fitting)
            self._say(f"{fitting} requests at once fit into the {files} files that may be open (ulimit -n)")

    def _fit_onto_this_machine(self, evaluation: Evaluation) -> None:
        """Limit the requests in flight to those that the local model answers at once."""
        if self.state.config.is_local and self.state.limit > LOCAL_SLOTS:
            evaluation.set_concurrency(LOCAL_SLOTS)
            self._say(f"{LOCAL_SLOTS} requests at once: {LOCAL_MODEL} runs on this machine")

    def _say(self, words: str | None) -> None:
        """Add to the notice."""
        self.notice = "; ".join(filter(None, (self.notice, words))) or None

    def _price(self) -> Price | None:
        """Determine the price, unless the evaluation has one: it keeps the price it began with."""
        return self.state.price or price_of(self.state.config)

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
