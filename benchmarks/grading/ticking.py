"""How late an event loop is: a clock that should tick every 5 ms."""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple

INTERVAL = 0.005


async def lateness(seconds: float) -> list[float]:
    """How much later than it should each tick came, in seconds."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    late = []
    while (before := loop.time()) < end:
        await asyncio.sleep(INTERVAL)
        late.append(loop.time() - before - INTERVAL)
    return late


class Tick(NamedTuple):
    """How much later than it should a tick came, in seconds."""

    late: float
    by_own_work: float
    """At most so much of it because this thread was at work; the rest it waited for a processor others had."""


async def ticks(seconds: float) -> list[Tick]:
    """Like `lateness`, and what of it is no fault of a busy machine."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    seen = []
    while (before := loop.time()) < end:
        used = time.thread_time()
        await asyncio.sleep(INTERVAL)
        late, used = loop.time() - before - INTERVAL, time.thread_time() - used
        seen.append(Tick(late, min(late, used)))
    return seen
