"""Difference of two pass rates, with its interval, from counts alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from dropout_core.statistics.pass_rate import wilson_interval


class Direction(StrEnum):
    """Direction in which the second rate differs from the first."""

    HIGHER = "higher"
    LOWER = "lower"
    UNDECIDED = "undecided"
    """The interval of the difference contains zero: it is too early to say."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The second of two proportions minus the first, as fractions from -1 to 1."""

    estimate: float | None
    """``None`` while either side has no trials."""
    interval: tuple[float, float]
    """95 % interval."""

    @property
    def direction(self) -> Direction:
        """Which way the rates differ, as far as the interval tells."""
        lo, hi = self.interval
        return Direction.HIGHER if lo > 0 else Direction.LOWER if hi < 0 else Direction.UNDECIDED


def difference(first: tuple[int, int], second: tuple[int, int]) -> Difference:
    """Compare two proportions, each a count and the trials it is out of.

    The interval is for one look at a fixed number of trials: the hybrid score interval of two independent proportions
    of Newcombe 1998, "Interval estimation for the difference between independent proportions: comparison of eleven
    methods", Statistics in Medicine 17, method 10. It is put together from the two Wilson intervals, so that it keeps
    its level at small counts and at rates of 0 and 100 %, and never leaves -1 … 1.
    """
    if not (first[1] and second[1]):
        return Difference(None, (-1.0, 1.0))
    rates = first[0] / first[1], second[0] / second[1]
    (low_1, high_1), (low_2, high_2) = wilson_interval(*first), wilson_interval(*second)
    estimate = rates[1] - rates[0]
    below = math.hypot(rates[1] - low_2, high_1 - rates[0])
    above = math.hypot(high_2 - rates[1], rates[0] - low_1)
    return Difference(estimate, (max(-1.0, estimate - below), min(1.0, estimate + above)))
