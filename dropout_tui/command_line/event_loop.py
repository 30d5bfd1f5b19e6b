"""Runs a command without a screen in an event loop of its own."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


def run_to_its_end(begin: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run the coroutine that `begin` makes, in an event loop of its own, and return its result.

    Ctrl-C is held back until the loop runs: a loop half set up would print a traceback.

    Raises:
        KeyboardInterrupt: Ctrl-C, unless the coroutine handles it.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})

    async def begun() -> Result:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return await begin()

    try:
        return asyncio.run(begun())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
