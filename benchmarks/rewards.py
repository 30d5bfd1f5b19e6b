"""What a `RewardGrader` adds to the grading itself.

    python -m benchmarks.rewards [--replies 256] [--rounds 7]

Compares, in turn, one call of it with as many concurrent `Grader.grade` of the code in the same replies, found
beforehand; and times a call with a reply that holds no code, which is nothing but the call.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterator
from itertools import cycle, islice
from statistics import median

from dropout_core import Grader, NoCodeFound, extract_code
from dropout_core.models.sample.answers import read_samples
from dropout_core.rewards import RewardGrader
from dropout_core.task.sources.loading import load_task

ENDLESS = "endless-loop"
"""An answer that is left out: its ten seconds would hide everything else."""
PROSE = "I would rather not."
CALLS = 200


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--replies", type=int, default=256, help="replies a batch (default 256)")
    parser.add_argument("--rounds", type=int, default=7, help="batches each way (default 7)")
    options = parser.parse_args()
    replies = list(islice(cycle(mixed_replies()), options.replies))
    by_call, by_grader = asyncio.run(compared(replies, options.rounds))
    print(f"{options.replies} replies, median of {options.rounds}:")
    print(f"  RewardGrader       {by_call:.3f} s")
    print(f"  Grader, concurrent {by_grader:.3f} s   ratio {by_call / by_grader:.3f}")
    print(f"a call by itself: {1000 * overhead():.3f} ms, median of {CALLS}")


def mixed_replies() -> list[str]:
    """Replies to the dropout task: right ones, wrong ones and some without code."""
    task = load_task("dropout")
    assert task.samples is not None
    samples = read_samples(task.samples, task.function)
    return [answer.text for answer in samples if answer.slug != ENDLESS]


async def compared(replies: list[str], rounds: int) -> tuple[float, float]:
    """Median seconds of a batch by a `RewardGrader`, and by a `Grader`."""
    codes = list(codes_in(replies))
    taken: tuple[list[float], list[float]] = ([], [])
    async with RewardGrader() as rewards, Grader() as grader:
        await rewards.grade(replies[:8])
        await asyncio.gather(*map(grader.grade, codes[:8]))
        for _ in range(rounds):
            start = time.perf_counter()
            await rewards.grade(replies)
            between = time.perf_counter()
            await asyncio.gather(*map(grader.grade, codes))
            taken[0].append(between - start)
            taken[1].append(time.perf_counter() - between)
    return median(taken[0]), median(taken[1])


def codes_in(replies: list[str]) -> Iterator[str]:
    """The code of each reply that has some."""
    for reply in replies:
        try:
            yield extract_code(reply)
        except NoCodeFound:
            continue


def overhead() -> float:
    """Median seconds of a blocking call with one reply that holds no code."""
    grader, taken = RewardGrader(), []
    for _ in range(CALLS):
        start = time.perf_counter()
        grader([PROSE])
        taken.append(time.perf_counter() - start)
    return median(taken)


if __name__ == "__main__":
    main()
