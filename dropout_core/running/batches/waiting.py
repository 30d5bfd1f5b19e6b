"""A request that waits for its batch."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from dropout_core.models import ModelError, Reply, Request
from dropout_core.models.retry.retrying import Asker

Place = tuple[int, int, int]
"""A trial, its attempt, and the step of it."""


class BatchAsker(Asker, Protocol):
    """Receiver of the progress of a request that is part of a batch."""

    def batched(self, batch: int) -> None:
        """It is part of a batch that is about to be submitted."""
        ...

    def waits_since(self, seconds: float) -> None:
        """It was submitted so many seconds ago, by an earlier program."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class WaitingRequest:
    """A request, and where its reply is to go."""

    request: Request
    asker: BatchAsker
    answer: asyncio.Future[Reply]

    def give(self, reply: Reply) -> None:
        """Hand over the reply, unless nobody waits for it any more."""
        if not self.answer.done():
            self.answer.set_result(reply)

    def fail(self, error: ModelError) -> None:
        """Say that there is no reply, and why."""
        if not self.answer.done():
            self.answer.set_exception(error)
