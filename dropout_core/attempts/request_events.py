"""Events of one request: sent, waiting, failed, text arrived."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TypedDict

from dropout_core.models.retry.retrying import FailedTry, Held
from dropout_core.state import events


class Stamp(TypedDict):
    """Fields that all events of an attempt share."""

    at: float
    trial: int
    attempt: int


class RequestEvents:
    """Records what `RetryingClient` reports about a request."""

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
        """Seconds since the latest try was sent."""
        return time.monotonic() - self._sent_at

    async def ready(self) -> None:
        """Pause here, if a pause was requested."""
        await self._boundary()

    def sent(self) -> None:
        """Record that the request was sent."""
        self._sent_at = time.monotonic()
        self._record(events.RequestSent(**self._stamp(), step=self._step))

    def batched(self, batch: int) -> None:
        """Record that the request is part of a batch that is about to be submitted."""
        self._sent_at = time.monotonic()
        self._record(events.RequestBatched(**self._stamp(), step=self._step, batch=batch))

    def waits_since(self, seconds: float) -> None:
        """The request was sent so many seconds ago, by an earlier program."""
        self._sent_at = time.monotonic() - seconds

    def arrived(self, text: str) -> None:
        """Record a piece of the reply; an empty one means that the model works without visible output."""
        if not text:
            self._record(events.ThinkingNoticed(**self._stamp(), step=self._step))
            return
        self._record(events.TextArrived(**self._stamp(), step=self._step, text=text))

    def failed(self, failure: FailedTry) -> None:
        """Record a try that ended without a reply."""
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
        """Record that the request waits to be sent."""
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
