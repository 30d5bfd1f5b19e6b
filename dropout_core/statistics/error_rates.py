"""Error rates of grading, and the sample sizes that follow from them."""

from __future__ import annotations

import math
from statistics import NormalDist

FALSE_ALARM = 1e-8
"""Probability that one statistical rule fails a right answer. `dropout_core.tasks.dropout.error_budget.budget` adds
them up."""

MISSED = 1e-6
"""Highest probability that an answer with a mistake listed in ``docs/grading.md`` passes."""

RATE_OFF = 0.03
"""Error of a drop rate that is detected, at every p that is tried."""

RESERVE = 1.05
"""Factor for exact tails being a little heavier than the normal ones used for the sample size; a test compares it with
the exact ones."""


def sample_for_rate(p: float) -> int:
    """Number of elements that detect a rate off by `RATE_OFF`, for 0 < `p` < 1.

    The sample size of a two-sided test of one proportion, n = ((z_a sd(p) + z_b sd(q)) / |p - q|)², with q the wrong
    rate, taken on the side of 0.5, where it varies more (J. L. Fleiss, Statistical Methods for Rates and Proportions,
    1981, section 2.2).
    """
    wrong = p + math.copysign(RATE_OFF, 0.5 - p)
    normal = NormalDist()
    alarm, miss = normal.inv_cdf(1 - FALSE_ALARM / 2), normal.inv_cdf(1 - MISSED)
    reach = alarm * math.sqrt(p * (1 - p)) + miss * math.sqrt(wrong * (1 - wrong))
    return math.ceil(RESERVE * (reach / RATE_OFF) ** 2)
