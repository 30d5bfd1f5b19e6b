"""Where the batches of an evaluation are submitted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from dropout_core.models import Model, ModelUnusable
from dropout_core.models.anthropic.client import AnthropicModel
from dropout_core.models.anthropic.message_batches import MessageBatches
from dropout_core.running.batches.client import BatchClient
from dropout_core.running.batches.job import BatchContext
from dropout_core.running.batches.pace import API_PACE, LOCAL_PACE, BatchPace
from dropout_core.running.batches.rounds import Rounds
from dropout_core.state import events
from dropout_core.state.evaluation_state import Folding


@dataclass(frozen=True, slots=True)
class BatchAccess:
    """A server's batches, and what one evaluation may do there."""

    server: MessageBatches
    evaluation: int
    pace: BatchPace = API_PACE
    known_ids: Callable[[], frozenset[str]] = frozenset
    """Ids of all batches that the store knows."""
    again: bool = False
    """As `BatchContext` has it."""

    @classmethod
    def of(
        cls, model: Model, evaluation: int, known_ids: Callable[[], frozenset[str]], *, again: bool
    ) -> BatchAccess:
        """Access to the batches of `model`.

        Raises:
            ModelUnusable: it takes none.
        """
        if not isinstance(model, AnthropicModel):
            raise ModelUnusable(f"{model.name} takes no batches; run without --batch")
        pace = LOCAL_PACE if model.is_local else API_PACE
        return cls(model.batches(), evaluation, pace, known_ids, again)

    def client(
        self,
        fold: Folding,
        *,
        record: Callable[[events.Event], None],
        stored: Callable[[], Awaitable[None]],
        clock: Callable[[], float],
        rounds: Rounds | None,
        in_flight: Callable[[], Collection[int]],
        is_void: Callable[[int], bool],
        max_tries: int,
    ) -> BatchClient:
        """The client that asks in batches for the evaluation whose state `fold` holds.

        `record`, `stored` and `clock` are as `BatchContext` has them, the others as `BatchClient` has them; without
        `rounds` it submits its own.
        """
        context = BatchContext(
            self.server,
            self.evaluation,
            record,
            stored,
            clock,
            lambda: fold.state.batches,
            self.known_ids,
            self.pace,
            self.again,
        )
        return BatchClient(
            context,
            rounds=rounds or Rounds(),
            in_flight=in_flight,
            trials=lambda: fold.state.trials,
            trial=fold.trial,
            is_void=is_void,
            max_tries=max_tries,
        )
