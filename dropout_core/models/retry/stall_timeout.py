"""Stall timeout: notices that a stream has fallen silent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

LATE = 1.0
"""Seconds by which a timer fires late when the program was suspended: data that came meanwhile is not read yet."""


class Silence(Exception):
    """Nothing arrived for too long."""


@contextlib.asynccontextmanager
async def hearing_from(first: float, between: float) -> AsyncIterator[Hearing]:
    """Watch over the block, which reports each arrival to the object that it is given.

    Args:
        first: seconds until something must have been heard.
        between: the fewest seconds that it will say may pass from then on.

    Raises:
        Silence: nothing was.
    """
    hearing = Hearing(first, between)
    try:
        async with hearing.limit:
            yield hearing
    except TimeoutError:
        if not hearing.limit.expired():
            raise
        raise Silence(f"nothing for {hearing.patience:g} s") from None
    finally:
        hearing.timer.cancel()


class Hearing:
    """One timer that checks periodically how long ago something arrived.

    Restarting a timer at each of thousands of tokens a second would cost more than reading them.
    """

    def __init__(self, first: float, between: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._deadline = self._heard_at + first
        self._soonest = min(first, between)
        self.patience = first
        """Seconds that may pass at present."""
        self.limit = asyncio.timeout(None)
        # At the earliest possible deadline: the patience may become shorter meanwhile.
        self._look_in(self._soonest)

    def heard(self, patience: float) -> None:
        """Something arrived; `patience` seconds may pass until the next."""
        self._heard_at, self.patience = self._loop.time(), patience
        self._deadline = self._heard_at + patience

    def alive(self, patience: float, *, at_most: float) -> None:
        """A mere sign of life arrived: it extends the wait, but not beyond `at_most` seconds in all."""
        until = min(self._loop.time() + patience, self._heard_at + at_most)
        self._deadline = max(self._deadline, until)

    def _look_in(self, seconds: float) -> None:
        self._due = self._loop.time() + seconds
        self.timer = self._loop.call_later(seconds, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        if now - self._due > LATE:
            self._deadline = max(self._deadline, now + self.patience)
        left = self._deadline - now
        if left > 0:
            self._look_in(min(left, self._soonest))
        else:
            self.limit.reschedule(now)
