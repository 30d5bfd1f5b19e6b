"""The command; `benchmarks.grading` tells how it measures."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.grading import contestants
from benchmarks.grading.comparison import Measured, answers_of_round, compare
from benchmarks.grading.contestants import ROOT, Contestant, Worker
from benchmarks.grading.environments import set_up
from benchmarks.grading.tables import comparison_table, lateness_table, memory_table, targets_table
from benchmarks.grading.ticking import lateness
from dropout_core.sandbox.processes.processors import usable_processors

MEMORY_STEP = 1000


def main() -> None:
    """Measure what is asked for, and print it."""
    options = arguments()
    options.cache.mkdir(parents=True, exist_ok=True)
    packages = {contestant.package for contestant in contestants.ALL if contestant.package}
    if options.setup:
        set_up(sorted(packages), options.cache)
        return
    print(
        f"Python {platform.python_version()}, NumPy {version('numpy')}, {platform.system()} {platform.machine()},"
        f" {usable_processors()} processors; load {os.getloadavg()[0]:.1f} before the start.\n"
    )
    if options.memory is not None:
        print(memory_table(list(memory(options.cache, options.memory))))
        return
    chosen = [one for one in contestants.ALL if options.only is None or options.only in one.name + one.worker]
    measured: Measured = {}
    rounds = compare(installed(chosen, options.cache), options.cache, options.rounds, options.batch)
    for number, so_far in enumerate(rounds, 1):
        measured = so_far
        print(f"round {number} of {options.rounds}", file=sys.stderr)
    print(f"{options.rounds} rounds of {options.batch} gradings.\n")
    print(comparison_table(measured))
    busy, idle = asyncio.run(event_loops(options.cache, options.seconds))
    print(
        "\n" + lateness_table([("grades with 2 workers", busy), ("idle, in another process meanwhile", idle)])
    )
    print("\n" + targets_table(measured, busy))


def arguments() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.grading", description="Measure the time of gradings."
    )
    parser.add_argument(
        "--cache", type=Path, default=ROOT / ".benchmarks", help="folder of the other harnesses"
    )
    parser.add_argument("--setup", action="store_true", help="install the other harnesses there, and no more")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--batch", type=int, default=8, help="gradings of each contestant in a round")
    parser.add_argument("--only", help="contestants whose name holds this")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long the event loop is watched")
    parser.add_argument(
        "--memory",
        type=int,
        nargs="?",
        const=10_000,
        help="only the memory held over so many gradings (10000)",
    )
    options = parser.parse_args()
    options.cache = options.cache.resolve()
    return options


def installed(chosen: Sequence[Contestant], cache: Path) -> list[Contestant]:
    """Those that can be run; of the others it is said that they can't."""
    there = [contestant for contestant in chosen if contestant.python(cache).exists()]
    for contestant in chosen:
        if contestant not in there:
            print(f"{contestant.name}: not installed (--setup)", file=sys.stderr)
    return there


async def event_loops(cache: Path, seconds: float) -> tuple[list[float], list[float]]:
    """How late were, at the same time, the event loop of a process that grades, and that of this one."""
    with Worker(contestants.TWO_WORKERS, cache) as worker:
        worker.grade(answers_of_round(0, 4))
        busy = asyncio.create_task(asyncio.to_thread(worker.order, tick=seconds))
        idle = await lateness(seconds)
        return await busy, idle


def memory(cache: Path, gradings: int) -> Iterator[tuple[int, dict[str, int]]]:
    """What the grader with 2 workers holds, after every thousand."""
    with Worker(contestants.TWO_WORKERS, cache) as worker:
        for number in range(gradings // MEMORY_STEP):
            worker.grade(answers_of_round(number, MEMORY_STEP))
            held = worker.order(memory=True)
            print(f"{(number + 1) * MEMORY_STEP} gradings", file=sys.stderr)
            yield (number + 1) * MEMORY_STEP, held


if __name__ == "__main__":
    main()
