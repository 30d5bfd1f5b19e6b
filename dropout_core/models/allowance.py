"""The time one attempt may spend on asking."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from dropout_core.models import ModelError

ATTEMPT_SECONDS = 3600.0
"""Generous: it is there for a server that goes on for ever without ever falling silent."""


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
        """Count the time of the block, and cut it off when none is left.

        Raises:
            ModelError: none is left.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        limit = asyncio.timeout(self._left)
        try:
            async with limit:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            raise ModelError(f"API too slow, no verdict after {_said(self._seconds)} of asking") from None
        finally:
            self._left = max(0.0, self._left - (loop.time() - began))


def _said(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:g} s"
