"""Concurrent work whose results come in the order of the input."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def in_turn(
    items: Iterable[Item], work: Callable[[Item], Awaitable[Result]], *, at_once: int
) -> AsyncGenerator[tuple[Item, Result]]:
    """Each item with its result, in order, as soon as it and all before it are ready. At most `at_once` items are in
    progress at a time."""

    async def done(item: Item) -> Result:
        return await work(item)

    under_way: deque[tuple[Item, asyncio.Task[Result]]] = deque()
    source = iter(items)
    more = True
    try:
        while more or under_way:
            while more and len(under_way) < at_once:
                try:
                    item = next(source)
                except StopIteration:
                    more = False
                else:
                    under_way.append((item, asyncio.create_task(done(item))))
            if under_way:
                item, task = under_way[0]
                result = await task
                under_way.popleft()
                yield item, result
    finally:
        for _, task in under_way:
            task.cancel()
        await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)
