"""Grades one answer again and again, each time with fresh inputs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable

from dropout_core.verdict.verdict import Grading, Verdict

AT_ONCE = 4
"""Gradings that wait for a worker, or have one."""


async def graded_again(grader: Grading, code: str, seeds: Iterable[int]) -> AsyncGenerator[Verdict, None]:
    """The verdict for each seed, as they come. Closing it stops those that are still being made."""
    left = iter(seeds)
    under_way: set[asyncio.Task[Verdict]] = set()
    try:
        while True:
            while len(under_way) < AT_ONCE and (seed := next(left, None)) is not None:
                under_way.add(asyncio.create_task(grader.grade(code, seed=seed)))
            if not under_way:
                return
            done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                yield one.result()
    finally:
        for one in under_way:
            one.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
