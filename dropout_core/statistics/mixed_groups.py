"""Mixed groups of rollouts: some pass and some fail, which is what a trainer learns from."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dropout_core.statistics.incomplete_beta import log_beta
from dropout_core.statistics.pass_rate import wilson_interval

GROUP_SIZES = (8, 16)
"""Common numbers of rollouts per prompt that trainers compare with each other."""


@dataclass(frozen=True, slots=True)
class MixedGroup:
    """Probability that a group of this size is neither all passed nor all failed."""

    size: int
    chance: float
    interval: tuple[float, float]


def mixed_group(passed: int, graded: int, size: int) -> MixedGroup:
    """The chance 1 - E[p^G + (1 - p)^G], with p distributed as Jeffreys' prior and the counts have it.

    The interval is where the Wilson 95 % interval of p leads. The chance is largest at p = 1/2 and falls to either
    side of it.
    """
    a, b = passed + 0.5, graded - passed + 0.5
    alike = math.exp(log_beta(a + size, b) - log_beta(a, b)) + math.exp(
        log_beta(a, b + size) - log_beta(a, b)
    )
    chance = 1.0 - alike
    low, high = wilson_interval(passed, graded)
    ends = _mixed_at(low, size), _mixed_at(high, size)
    most = _mixed_at(0.5, size) if low <= 0.5 <= high else max(ends)
    # The expectation lies below the chance at the estimate, as the chance is a concave function of p.
    return MixedGroup(size, chance, (min(*ends, chance), max(most, chance)))


def mixed_groups(passed: int, graded: int) -> tuple[MixedGroup, ...]:
    """One for each size of `GROUP_SIZES`; none before any trial."""
    return tuple(mixed_group(passed, graded, size) for size in GROUP_SIZES) if graded else ()


def _mixed_at(rate: float, size: int) -> float:
    return float(1.0 - rate**size - (1.0 - rate) ** size)
