"""Time budget of one attempt's requests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from dropout_core.models import ModelError
from dropout_core.models.retry.stall_timeout import LATE

ATTEMPT_SECONDS = 3600.0
"""Generous: it is meant for a server that sends forever without falling silent."""

_LOOK_EVERY = 5.0


class TimeAllowance:
    """Seconds that the tries of one attempt may take together. Waits between them and pauses do not count."""

    def __init__(self, seconds: float = ATTEMPT_SECONDS) -> None:
        self._seconds = self._left = seconds

    @property
    def used_up(self) -> bool:
        """Whether no time is left."""
        return self._left <= 0

    @contextlib.asynccontextmanager
    async def spend(self) -> AsyncIterator[None]:
        """Count the time of the block, and cancel it when none is left.

        Raises:
            ModelError: none is left.
        """
        watch = _Watch(self._left)
        try:
            async with watch.limit:
                yield
        except TimeoutError:
            if not watch.limit.expired():
                raise
            raise ModelError(f"API too slow, no verdict after {_said(self._seconds)} of asking") from None
        finally:
            watch.timer.cancel()
            self._left = max(0.0, self._left - watch.spent)


class _Watch:
    """Checks the time periodically, leaving out time in which the program was suspended."""

    def __init__(self, left: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._left = left
        self._began = self._loop.time()
        self.limit = asyncio.timeout(None)
        self._look_in(min(left, _LOOK_EVERY))

    @property
    def spent(self) -> float:
        """Seconds so far."""
        return self._loop.time() - self._began

    def _look_in(self, seconds: float) -> None:
        self._due = self._loop.time() + seconds
        self.timer = self._loop.call_later(seconds, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        if (late := now - self._due) > LATE:
            self._began += late
        left = self._left - self.spent
        if left > 0:
            self._look_in(min(left, _LOOK_EVERY))
        else:
            self.limit.reschedule(now)


def _said(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:g} s"
