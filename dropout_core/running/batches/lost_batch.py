"""A batch that was planned and may have been submitted: the program ended, or the connection did, before it was told.

The server lists its batches without the ids of their requests, and gives those ids with the results only. So a batch of
the same size and time may be this one until it has ended; then its results say whether it is.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from dropout_core.models import ModelError
from dropout_core.models.anthropic.message_batches import BatchGone, SeenBatch
from dropout_core.running.batches.custom_ids import has_mark
from dropout_core.state.batch_state import BatchState

if TYPE_CHECKING:
    from dropout_core.running.batches.job import BatchContext

CLOCKS = 3600.0
"""Seconds by which the server's clock may be behind this one."""
_Answer = TypeVar("_Answer")


class Undecidable(ModelError):
    """It cannot be found out whether the batch was submitted; the message says why, in a few words."""


class Patience(Protocol):
    """Asks until there is an answer."""

    async def __call__(self, ask: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """The answer."""
        ...


def candidates(
    listed: Iterable[SeenBatch], batch: BatchState, ruled_out: Iterable[str]
) -> Sequence[SeenBatch]:
    """The listed batches that may be `batch`: of its size, and none of those that are known to be others."""
    others = frozenset(ruled_out)
    return [each for each in listed if each.requests == batch.requests and each.id not in others]


class LostBatch:
    """Looks for one batch at its server."""

    def __init__(
        self,
        batch: BatchState,
        context: BatchContext,
        patiently: Patience,
        say: Callable[[str], None],
    ) -> None:
        """`say` is told, in a few words, what keeps it."""
        self._batch = batch
        self._context = context
        self._patiently = patiently
        self._say = say
        self._others: set[str] = set()

    async def found(self) -> SeenBatch | None:
        """The batch, or ``None`` where it was never submitted.

        Raises:
            Undecidable: one of the two, and nobody can tell which.
            ModelUnusable: the server does not answer.
        """
        context, batch = self._context, self._batch
        self._say("looks for it at the server")
        # What was sent just before the connection ended may still be on its way.
        await asyncio.sleep(context.pace.settled)
        waits = context.pace.waits()
        while True:
            try:
                listed = await self._patiently(
                    lambda: context.server.created_since(batch.planned_at - CLOCKS)
                )
            except BatchGone:
                raise Undecidable("the server has no list of batches") from None
            left = candidates(listed, batch, self._others | context.known_ids())
            for each in left:
                if each.ended and await self._patiently(lambda each=each: self._is_it(each)):  # type: ignore[misc]
                    return each
            if all(each.ended for each in left):
                return None
            running = next(each for each in left if not each.ended)
            self._say(f"{running.id} may be it, and has to end first")
            await asyncio.sleep(next(waits))

    async def _is_it(self, seen: SeenBatch) -> bool:
        """Whether a batch that has ended is the one, by the ids of its requests."""
        if not seen.has_results:
            raise Undecidable(f"{seen.id} may be it, and has no results any more")
        try:
            async with contextlib.aclosing(self._context.server.results(seen.id)) as results:
                async for result in results:
                    if has_mark(result.custom_id, self._batch.mark):
                        return True
                    break
        except BatchGone:
            raise Undecidable(f"{seen.id} may be it, and has no results any more") from None
        self._others.add(seen.id)
        return False
