"""What each statistic is sure to catch, and what a right answer's random numbers may do, from the sizes of the inputs.

The bounds are those of `dropout_core.statistics.tail_bounds`, taken on both sides: the threshold that a right answer
stays below, and how far beyond it a wrong answer's statistic lies but for `MISSED`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from dropout_core.statistics.error_rates import FALSE_ALARM, MISSED
from dropout_core.statistics.tail_bounds import binomial_two_sided
from dropout_core.tasks.dropout.checks.exactness import TOLERATED

COARSENESS = 2.0**-24
"""How often a float32 random number from [0, 1) is 0."""


def accepted_bound(p: float, elements: int, side: int) -> int:
    """The farthest number of zeros from the mean, on one side, that passes for rate `p`."""
    near, far = round(elements * p), elements if side > 0 else 0
    while abs(far - near) > 1:
        middle = (near + far) // 2
        if binomial_two_sided(middle, elements, p) >= FALSE_ALARM:
            near = middle
        else:
            far = middle
    return near


def rate_caught(p: float, elements: int) -> float:
    """The smallest distance from `p`, in steps of 0.0001, at which a wrong rate is caught on either side."""

    def escapes(off: float) -> bool:
        for side in (-1, 1):
            wrong = p + side * off
            if not 0 < wrong < 1:
                continue
            nearest = accepted_bound(p, elements, side)
            if abs(nearest / elements - p) >= off or binomial_two_sided(nearest, elements, wrong) >= MISSED:
                return True
        return False

    return _smallest(escapes)


def alike_caught(elements: int) -> float:
    """By how much the fraction of pairs with equal fates must differ from one half, at any one distance below
    a tenth of `elements`. Hoeffding's inequality on both sides: for the threshold and for staying beyond it."""
    pairs = 0.9 * elements
    threshold = math.sqrt(2 * math.log(2 * elements / FALSE_ALARM))
    return (threshold + math.sqrt(2 * math.log(1 / MISSED))) / (2 * math.sqrt(pairs))


def halves_caught(elements: int) -> float:
    """By how much the drop rates of the larger and the smaller half of the values must differ."""
    threshold = math.sqrt(2 * elements * math.log(4 / FALSE_ALARM))
    reserve = math.sqrt(2 * (elements / 2) * math.log(1 / MISSED))
    return 2 * (threshold + reserve) / elements


def spread_caught(lines: int) -> float:
    """How many times as much as by chance the zeros per line must vary, if they vary normally. Chernoff's bound
    for chi-squared on both sides."""

    def cost(ratio: float) -> float:
        return lines * (ratio - 1 - math.log(ratio)) / 2

    threshold = 1 + _smallest(lambda over: cost(1 + over) < math.log(2 / FALSE_ALARM), step=0.001)
    excess = _smallest(lambda over: cost(1 / (1 + over)) < math.log(1 / MISSED), step=0.001)
    return math.sqrt(threshold * (1 + excess))


def part_caught(p: float, part: int, parts: int) -> float:
    """By how much the drop rate of one part, of so many elements, must differ from `p` when there are so many parts.
    Bernstein's inequality on both sides."""

    def distance(log_bound: float) -> float:
        third = log_bound * max(p, 1 - p) / 3
        return third + math.sqrt(third**2 + 2 * log_bound * part / 4)

    return (distance(math.log(2 * parts / FALSE_ALARM)) + distance(math.log(1 / MISSED))) / part


def related_caught(pairs: int, tests: int) -> float:
    """By how much the fraction of equal fates, of so many independent pairs, must differ from what it is by chance.
    Hoeffding's inequality on both sides."""
    return (math.sqrt(math.log(2 * tests / FALSE_ALARM)) + math.sqrt(math.log(1 / MISSED))) / math.sqrt(
        2 * pairs
    )


def mean_caught(p: float, elements: int) -> float:
    """By how much, relatively, the mean of the output must be off. Bernstein's inequality on both sides."""
    mean, square, largest = (
        2.05,
        (4**3 - 0.1**3) / (3 * 3.9),
        4 * max(p, 1 - p),
    )  # of |x|, uniform on [0.1, 4]
    variance = elements * p * (1 - p) * square

    def distance(log_bound: float) -> float:
        third = log_bound * largest / 3
        return third + math.sqrt(third**2 + 2 * log_bound * variance)

    together = distance(math.log(2 / FALSE_ALARM)) + distance(math.log(1 / MISSED))
    return together / ((1 - p) * elements * mean)


def zeros_caught(elements: int) -> float:
    """The smallest drop rate at p = 0 (or rate of keeping at p = 1) that makes more than `TOLERATED` mistakes."""

    def escapes(rate: float) -> bool:
        none = (1 - rate) ** elements
        return none + elements * rate * (1 - rate) ** (elements - 1) >= MISSED

    return _smallest(escapes)


def coarse(elements: int) -> float:
    """How probable it is that float32 random numbers make more than `TOLERATED` mistakes; at most C(n, 2) q²."""
    return math.comb(elements, TOLERATED + 1) * COARSENESS ** (TOLERATED + 1)


def _smallest(escapes: Callable[[float], bool], step: float = 0.0001) -> float:
    """The smallest multiple of `step` that does not escape; what is larger does not either."""
    low, high = 0, 1
    while escapes(high * step):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if escapes(middle * step) else (low, middle)
    return high * step
