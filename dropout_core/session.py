"""One evaluation with everything it needs – model, grader, sandbox, journal – from opening to closing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from importlib import import_module

from dropout_core.config import EvaluationConfig
from dropout_core.evaluation import Evaluation
from dropout_core.events import EvaluationStarted
from dropout_core.journal import Journal
from dropout_core.models import Model
from dropout_core.state import EvaluationState, begin
from dropout_core.store import Store


def model_for(config: EvaluationConfig, *, sample_pace: float | None = None) -> Model:
    """Whoever answers in this evaluation. `sample_pace` is in tokens a second; ``None`` does not wait.

    Raises:
        ModelUnusable: it is known already that no request can succeed, such as when there is no key.
    """
    if config.is_sample:
        from dropout_core.models.sample import SampleModel

        return SampleModel(pace=sample_pace)
    from dropout_core.models.anthropic import AnthropicModel

    model = AnthropicModel(config.model, config.base_url)
    model.preflight()
    return model


class Session:
    """An evaluation and the things it owns. Use as an asynchronous context manager."""

    def __init__(
        self,
        store: Store,
        number: int,
        state: EvaluationState,
        model: Model,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Go on with the stored evaluation `number`, whose state is `state`."""
        self.number = number
        """The evaluation's number in the store."""
        self.state = state
        """The state when it was opened; later states are folded from the journal's events."""
        self.journal = Journal(store, number)
        self._model = model
        self._clock = clock
        self._stack = AsyncExitStack()
        self._evaluation: Evaluation | None = None

    @classmethod
    def new(
        cls, store: Store, config: EvaluationConfig, model: Model, *, clock: Callable[[], float] = time.time
    ) -> Session:
        """Store a new evaluation and open it.

        Raises:
            StoreUnusable: it cannot be stored.
        """
        event = EvaluationStarted(at=clock(), config=config)
        return cls(store, store.create(event), begin(event), model, clock=clock)

    @property
    def evaluation(self) -> Evaluation:
        """Takes the commands; there once the session is entered."""
        if self._evaluation is None:
            raise RuntimeError("the session has not been entered")
        return self._evaluation

    async def __aenter__(self) -> Session:
        # NumPy takes a tenth of a second to import; the screen must not wait for it.
        await asyncio.to_thread(import_module, "dropout_core.grading")
        from dropout_core.grading import Grader
        from dropout_core.sandbox.fresh_process import FreshProcess

        sandbox = FreshProcess()
        self._stack.push_async_callback(sandbox.close)
        self._stack.push_async_callback(self._model.close)
        grader = await self._stack.enter_async_context(Grader(suite=self.state.config.suite, sandbox=sandbox))
        self._evaluation = Evaluation(
            self.state,
            model=self._model,
            grading=grader,
            interpreter=sandbox,
            journal=self.journal,
            clock=self._clock,
        )
        self._stack.push_async_callback(self._evaluation.close)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
