"""Difference of two pass rates while both evaluations still run: valid at every look."""

from __future__ import annotations

import math

from dropout_core.statistics.difference import Difference, Direction
from dropout_core.statistics.incomplete_beta import log_beta, log_likelihood
from dropout_core.statistics.pass_rate import DECISION_ERROR

Counts = tuple[int, int]
"""Numbers of passed and of graded trials."""

_HALVINGS = 200


def any_time_difference(first: Counts, second: Counts) -> Difference:
    """The second rate less the first, with an interval that ever misses the truth with probability 5 % at most.

    A pair of rates is excluded once the likelihood of all counts, averaged over each rate by a uniform prior, is 20
    times that under the pair (the prior-posterior ratio of Waudby-Smith and Ramdas 2020, arXiv 2006.04347). Each side's
    ratio is a martingale of its own, so their product is one in whatever order the trials come, though which side is
    given the next may depend on the counts. The interval holds the differences of all pairs that are not excluded, so
    that what it says of the direction is as safe.
    """
    if not (first[1] and second[1]):
        return Difference(None, (-1.0, 1.0))
    estimate = second[0] / second[1] - first[0] / first[1]
    return Difference(estimate, (-_farthest_up(second, first), _farthest_up(first, second)))


def any_time_direction(first: Counts, second: Counts, error: float = DECISION_ERROR) -> Direction:
    """Whether the second rate is higher or lower than the first, ever falsely said with probability `error` at most.

    With the usual error it is the direction of `any_time_difference`. The pairs that are not excluded form a convex set
    around the pair of estimates: all lie on one side of equality where no pair of equal rates is among them, and of
    equal rates the likeliest is that of all trials together.
    """
    if not (first[1] and second[1]):
        return Direction.UNDECIDED
    passed, graded = first[0] + second[0], first[1] + second[1]
    equal = log_likelihood(passed, graded - passed, passed / graded)
    if equal >= _least_log_likelihood(first, second, error):
        return Direction.UNDECIDED
    # The products are exact where quotients are rounded.
    return Direction.HIGHER if second[0] * first[1] > first[0] * second[1] else Direction.LOWER


def _least_log_likelihood(first: Counts, second: Counts, error: float) -> float:
    """Log-likelihood of the counts under which a pair of rates is excluded."""
    average = sum(log_beta(passed + 1, graded - passed + 1) for passed, graded in (first, second))
    return average + math.log(error)


def _farthest_up(first: Counts, second: Counts) -> float:
    """Largest difference by which the second rate may be above the first.

    Where the difference is largest the slopes of the two log-likelihoods are equal and opposite. For a given slope each
    rate is the root of a quadratic, and the steeper the slope, the farther apart they lie.
    """
    least = _least_log_likelihood(first, second, DECISION_ERROR)
    swapped = (second[1] - second[0], second[1])

    def rates(log_slope: float) -> tuple[float, float]:
        slope = math.exp(log_slope)
        return _rate_of_slope(first, slope), 1.0 - _rate_of_slope(swapped, slope)

    flat, steep = -40.0, 60.0
    for _ in range(_HALVINGS):
        middle = (flat + steep) / 2
        if not flat < middle < steep:
            break
        low, high = rates(middle)
        if _log_likelihood(first, low) + _log_likelihood(second, high) >= least:
            flat = middle
        else:
            steep = middle
    low, high = rates(steep)
    return high - low


def _rate_of_slope(counts: Counts, slope: float) -> float:
    """Rate, not above the estimate, at which the log-likelihood has this slope."""
    passed, graded = counts
    half = graded + slope
    return 2.0 * passed / (half + math.sqrt(max(0.0, half * half - 4.0 * slope * passed)))


def _log_likelihood(counts: Counts, rate: float) -> float:
    return log_likelihood(counts[0], counts[1] - counts[0], rate)
