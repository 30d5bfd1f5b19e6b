"""How one request of an attempt gets on, as events."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TypedDict

from dropout_core.models.retry.retrying import FailedTry, Held
from dropout_core.state import events


class Stamp(TypedDict):
    """What every event of an attempt says about itself."""

    at: float
    trial: int
    attempt: int


class RequestEvents:
    """Takes down what `RetryingClient` tells of a request."""

    def __init__(
        self,
        record: Callable[[events.Event], None],
        stamp: Callable[[], Stamp],
        step: int,
        boundary: Callable[[], Awaitable[None]],
    ) -> None:
        """`boundary` is awaited before each try: a trial may pause there."""
        self._record = record
        self._stamp = stamp
        self._step = step
        self._boundary = boundary
        self._sent_at = 0.0

    @property
    def seconds(self) -> float:
        """How long ago the latest try was sent."""
        return time.monotonic() - self._sent_at

    async def ready(self) -> None:
        """Hold back what is to pause."""
        await self._boundary()

    def sent(self) -> None:
        """The model is asked."""
        self._sent_at = time.monotonic()
        self._record(events.RequestSent(**self._stamp(), step=self._step))

    def arrived(self, text: str) -> None:
        """A piece of the reply; an empty one when the model is at work out of sight."""
        if not text:
            self._record(events.ThinkingNoticed(**self._stamp(), step=self._step))
            return
        self._record(events.TextArrived(**self._stamp(), step=self._step, text=text))

    def failed(self, failure: FailedTry) -> None:
        """The try is over without a reply."""
        self._record(
            events.TryFailed(
                **self._stamp(),
                step=self._step,
                reason=failure.reason,
                discarded_text=failure.discarded_text,
                input_tokens=failure.spent.input_tokens,
                output_tokens=failure.spent.output_tokens,
                thinking_tokens=failure.spent.thinking_tokens,
                cache_read_input_tokens=failure.spent.cache_read_input_tokens,
                cache_creation_input_tokens=failure.spent.cache_creation_input_tokens,
                estimated=failure.spent.estimated,
            )
        )

    def held(self, held: Held) -> None:
        """The request waits to be sent."""
        self._record(
            events.RequestHeld(
                **self._stamp(),
                step=self._step,
                reason=held.reason,
                seconds=held.seconds,
                failures=held.failures,
                max_tries=held.max_tries,
            )
        )
