"""How late an event loop is: a clock that should tick every 5 ms."""

from __future__ import annotations

import asyncio

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
