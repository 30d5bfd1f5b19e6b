"""The event loop of a command that has no screen."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


def run_to_its_end(begin: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """What the work that `begin` begins gives, in an event loop of its own.

    Ctrl-C waits until the loop runs: half set up, Python would complain of it.

    Raises:
        KeyboardInterrupt: Ctrl-C, unless the work itself sees to it.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})

    async def begun() -> Result:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return await begin()

    try:
        return asyncio.run(begun())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
