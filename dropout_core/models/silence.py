"""Notices that nothing comes any more."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable


class Silence(Exception):
    """Nothing was heard for too long."""


@contextlib.asynccontextmanager
async def hearing_from(first: float, between: float) -> AsyncIterator[Callable[[float], None]]:
    """Watch over the block, which calls what it is given whenever it hears something.

    It says then how many seconds may pass until it hears something again.

    Args:
        first: seconds until something must have been heard.
        between: the fewest that it will say.

    Raises:
        Silence: nothing was.
    """
    watch = _Watch(first, between)
    try:
        async with watch.limit:
            yield watch.heard
    except TimeoutError:
        if not watch.limit.expired():
            raise
        raise Silence(f"nothing for {watch.patience:g} s") from None
    finally:
        watch.timer.cancel()


class _Watch:
    """One timer that looks now and then how long ago something was heard.

    Setting it anew at each of thousands of tokens a second would cost more than reading them.
    """

    def __init__(self, first: float, between: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._soonest = min(first, between)
        self.patience = first
        self.limit = asyncio.timeout(None)
        # At the soonest time that may have to be noticed: what is heard meanwhile may shorten the patience.
        self.timer = self._loop.call_later(self._soonest, self._look)

    def heard(self, patience: float) -> None:
        self._heard_at, self.patience = self._loop.time(), patience

    def _look(self) -> None:
        left = self._heard_at + self.patience - self._loop.time()
        if left > 0:
            self.timer = self._loop.call_later(min(left, self._soonest), self._look)
        else:
            self.limit.reschedule(self._loop.time())
