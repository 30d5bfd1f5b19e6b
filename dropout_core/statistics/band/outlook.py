"""Outlook of the band decision: how many more trials it may take, judging by those so far."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from dropout_core.statistics.band.boundaries import upto
from dropout_core.statistics.incomplete_beta import log_beta
from dropout_core.statistics.pass_rate import DECISION_ERROR, Band

HORIZON = 1_000
"""Most further trials that are considered: a rate that takes more lies near an edge. The number of sequences of so many
trials still fits into a floating-point number."""
MOSTLY = 0.8


@dataclass(frozen=True, slots=True)
class Outlook:
    """Further trials until a decision; ``None`` for more than `HORIZON`."""

    median: int | None
    mostly: int | None
    """Trials that are enough in 80 % of cases."""


@lru_cache(maxsize=512)
def outlook(
    passed: int, graded: int, band: Band, tolerance: float = 0.0, error: float = DECISION_ERROR
) -> Outlook:
    """Outlook of an evaluation with these counts.

    The next trial passes with the probability that the counts so far give it, under a uniform prior (Laplace's rule of
    succession), and so does each one after it: that the true rate is not known yet is allowed for.
    """
    # Grading has imported it already; a dashboard without results opens without it.
    import numpy as np

    rows = upto(band, tolerance, graded, graded + HORIZON, error)
    # All sequences from these counts to others are equally probable, so they are counted, and weighted at their end.
    ways = np.ones(1)
    least, further = 0, 0
    decided, median = 0.0, None
    for look in _looks():
        if look > further:
            trials = look - further
            ways = np.convolve(ways, [float(math.comb(trials, passes)) for passes in range(trials + 1)])
            further = look
        row, n = rows[further], graded + further
        for first, last in ((0, row.below), (row.first_in, row.last_in), (row.above, n)):
            start = max(first - passed - least, 0)
            stop = min(last - passed - least + 1, ways.size)
            if start < stop:
                for place in (start + np.flatnonzero(ways[start:stop])).tolist():
                    decided += float(ways[place]) * math.exp(
                        _log_way(passed, graded, passed + least + place, n)
                    )
                ways[start:stop] = 0.0
        gone, kept = max(row.below + 1 - passed - least, 0), row.above - passed - least
        ways, least = ways[gone : max(kept, gone)], least + gone
        if median is None and decided >= 0.5:
            median = further
        if decided >= MOSTLY or not ways.size:
            return Outlook(median, further)
    return Outlook(median, None)


def _looks() -> Iterator[int]:
    """Numbers of further trials at which a decision is looked for: each one at first, and then every fiftieth of what
    has passed, so that no answer is more than 2 % too late."""
    look = 0
    while look <= HORIZON:
        yield look
        look += max(1, look // 50)


def _log_way(passed: int, graded: int, later_passed: int, later_graded: int) -> float:
    """Logarithm of the probability of one particular sequence of results between the two counts."""
    return log_beta(later_passed + 1, later_graded - later_passed + 1) - log_beta(
        passed + 1, graded - passed + 1
    )
