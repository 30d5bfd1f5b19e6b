"""This project's grader.

    python -m benchmarks.grading.workers.this_grader SANDBOX WORKERS AT_ONCE

SANDBOX is "warm", "unlayered" (the warm process without the kernel's layers) or "fresh". AT_ONCE answers are under way
at a time: of one more than there are workers, one is being prepared or judged.

Besides grading, it can be ordered to grade for some seconds while a clock in its event loop ticks ("tick"), and
to tell how much memory it and its processes hold ("memory").
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks.grading.answers import RIGHT
from benchmarks.grading.processor_time import children
from benchmarks.grading.ticking import lateness
from benchmarks.grading.turns import Answers, Orders, Turn
from dropout_core.grading import Grader
from dropout_core.sandbox import Sandbox
from dropout_core.sandbox.opening import open_sandbox
from dropout_core.sandbox.processes.warm_process import WarmProcess
from dropout_core.verdict.verdict import Outcome


async def opened(kind: str, workers: int) -> Sandbox:
    """The sandbox to measure."""
    if kind == "unlayered":
        sandbox = WarmProcess(workers=workers, layers=())
        await sandbox.tested()
        return sandbox
    return await open_sandbox(allow_weak=True, force="fresh" if kind == "fresh" else None, workers=workers)


async def graded(grader: Grader, answers: Answers, at_once: int) -> Turn:
    """Grade all, so many at a time."""
    each = [0.0] * len(answers)
    passed = [False] * len(answers)
    waiting = iter(enumerate(answers))

    async def work() -> None:
        for place, (code, seed) in waiting:
            start = time.perf_counter()
            verdict = await grader.grade(code, seed)
            each[place] = time.perf_counter() - start
            passed[place] = verdict.outcome is Outcome.PASSED

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(at_once)))
    return Turn(time.perf_counter() - began, each, passed)


async def ticked(grader: Grader, seconds: float, at_once: int) -> list[float]:
    """How late each tick of the event loop was, in seconds, while so many answers were graded at a time."""

    async def work(seeds: itertools.count[int]) -> None:
        while True:
            seed = next(seeds)
            await grader.grade(RIGHT[seed % len(RIGHT)], seed)

    seeds = itertools.count()
    grading = [asyncio.create_task(work(seeds)) for _ in range(at_once)]
    late = await lateness(seconds)
    for task in grading:
        task.cancel()
    await asyncio.gather(*grading, return_exceptions=True)
    return late


def memory() -> dict[str, int]:
    """Bytes that are held, and open files."""
    started = children(os.getpid())
    return {
        "own": resident(os.getpid()),
        "processes": len(started),
        "largest": max(map(resident, started), default=0),
        "files": len(list(Path("/proc/self/fd").iterdir())),
    }


def resident(process: int) -> int:
    """Bytes of its memory that are in use."""
    pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGESIZE")


async def main() -> None:
    """Do what is ordered."""
    kind, workers, at_once = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    orders = Orders()
    sandbox = await opened(kind, workers)
    try:
        grader = Grader("basic", sandbox=sandbox)
        orders.reply(f"isolation “{sandbox.isolation}”")
        while (order := await asyncio.to_thread(orders.next)) is not None:
            match order:
                case {"grade": list(answers)}:
                    orders.reply(asdict(await graded(grader, answers, at_once)))
                case {"tick": seconds} if not isinstance(seconds, list):
                    orders.reply(await ticked(grader, seconds, at_once))
                case {"memory": _}:
                    orders.reply(memory())
    finally:
        await sandbox.close()


if __name__ == "__main__":
    asyncio.run(main())
