"""All contestants on the same answers, in turn, and what follows from their times."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.grading.answers import RIGHT, WRONG
from benchmarks.grading.contestants import Contestant, Worker
from benchmarks.grading.turns import Answers, Turn


@dataclass(slots=True)
class Times:
    """What the rounds of one contestant took."""

    about: str
    per_grading: list[float] = field(default_factory=list)
    """Seconds of a turn divided by its gradings, by round: the reciprocal of the throughput."""
    each: list[float] = field(default_factory=list)
    """Seconds of each grading; with several workers these overlap."""
    processor: float | None = None
    """Seconds of processor time for a grading, over all rounds."""

    def add(self, turn: Turn) -> None:
        """One more round."""
        self.per_grading.append(turn.seconds / len(turn.each))
        self.each += turn.each

    @property
    def p95(self) -> float:
        """Of each grading, in seconds."""
        return percentile(self.each, 95)


Measured = Mapping[Contestant, Times]


def compare(contestants: Sequence[Contestant], cache: Path, rounds: int, batch: int) -> Iterator[Measured]:
    """What was measured so far, after each round. In a round, every contestant grades the same `batch` answers.

    Raises:
        RuntimeError: a contestant does not tell right from wrong.
    """
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(Worker(contestant, cache)) for contestant in contestants]
        for worker in workers:
            make_sure_of(worker)
        measured = {worker.contestant: Times(worker.about) for worker in workers}
        before = {worker.contestant: worker.processor_seconds for worker in workers}
        for number in range(rounds):
            answers = answers_of_round(number, batch)
            for worker in workers if number % 2 == 0 else reversed(workers):
                turn = worker.grade(answers)
                if not all(turn.passed):
                    raise RuntimeError(f"{worker.contestant.name} failed a right answer: {turn.passed}")
                measured[worker.contestant].add(turn)
            for worker in workers:
                start, now = before[worker.contestant], worker.processor_seconds
                if start is not None and now is not None:
                    measured[worker.contestant].processor = (now - start) / (batch * (number + 1))
            yield measured


def make_sure_of(worker: Worker) -> None:
    """Let it warm up, and see that it tells right from wrong.

    Raises:
        RuntimeError: it does not.
    """
    turn = worker.grade([*((code, 1) for code in RIGHT), (WRONG, 2), *((code, 3) for code in RIGHT)])
    if turn.passed != [*(True for _ in RIGHT), False, *(True for _ in RIGHT)]:
        raise RuntimeError(f"{worker.contestant.name} does not tell right from wrong: {turn.passed}")


def answers_of_round(number: int, batch: int) -> Answers:
    """Right answers of each style in turn, with seeds that are used once."""
    first = 1000 + number * batch
    return [(RIGHT[seed % len(RIGHT)], seed) for seed in range(first, first + batch)]


def ratio(slower: Times, faster: Times) -> float:
    """How many times as long a grading takes: the median over the rounds."""
    pairs = zip(slower.per_grading, faster.per_grading, strict=True)
    return statistics.median(one / other for one, other in pairs)


def difference(slower: Times, faster: Times) -> float:
    """How many seconds longer a grading takes: the median over the rounds."""
    pairs = zip(slower.per_grading, faster.per_grading, strict=True)
    return statistics.median(one - other for one, other in pairs)


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that at least so many percent of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
