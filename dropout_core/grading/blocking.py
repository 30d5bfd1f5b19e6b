"""Waiting for asynchronous work where there is no event loop, and where there is one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from dropout_core.sandbox.processes.threads import submitted

T = TypeVar("T")


def waited_for(work: Coroutine[Any, Any, T]) -> T:
    """Result of `work`, run in an event loop of its own; in a thread of its own when this one has a loop already.

    Raises:
        SandboxBroken: there is no thread to be had.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return submitted(thread, asyncio.run, work).result()
