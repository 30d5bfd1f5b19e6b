"""Pass rate and its intervals, from counts alone.

Nothing here needs NumPy or SciPy: the dashboard computes it while it starts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from dropout_core.statistics.incomplete_beta import incomplete_beta, log_beta, log_likelihood

Z95 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""

DECISION_ERROR = 0.05
"""Probability that the confidence sequence ever excludes the true rate, and that of any false statement about the
band."""


@dataclass(frozen=True, slots=True, order=True)
class Band:
    """The target range of the pass rate, as fractions."""

    lo: float = 0.10
    hi: float = 0.40

    def __post_init__(self) -> None:
        if not (0.0 <= self.lo < self.hi <= 1.0):
            raise ValueError("a band needs 0 <= low < high <= 100 %, such as 10-40")

    @classmethod
    def parse(cls, text: str) -> Band:
        """Parse ``"10-40"`` (percent; ``%`` and an en dash are accepted).

        Raises:
            ValueError: with one line that says what a band looks like.
        """
        parts = text.replace("%", "").replace("\N{EN DASH}", "-").split("-")
        try:
            lo, hi = (float(part) / 100 for part in parts)
        except ValueError:
            raise ValueError(f"{text!r} is not a band; write two percentages, such as 10-40") from None
        if not 0.0 <= lo < hi <= 1.0:
            raise ValueError(f"{text!r} is not a band; the low end comes first, within 0-100, such as 10-40")
        return cls(lo, hi)

    def __str__(self) -> str:
        return f"{self.lo * 100:g}-{self.hi * 100:g}"


class Decision(StrEnum):
    """Position of the pass rate relative to the band."""

    IN = "in"
    BELOW = "below"
    ABOVE = "above"
    UNDECIDED = "undecided"


def wilson_interval(passed: int, graded: int) -> tuple[float, float]:
    """The 95 % score interval of a proportion; ``(0, 1)`` before any trial.

    Wilson 1927; recommended for small n by Brown, Cai and DasGupta 2001.
    """
    if graded == 0:
        return (0.0, 1.0)
    rate = passed / graded
    z2 = Z95 * Z95
    centre = rate + z2 / (2 * graded)
    spread = Z95 * math.sqrt(rate * (1 - rate) / graded + z2 / (4 * graded * graded))
    scale = 1 + z2 / graded
    low = 0.0 if passed == 0 else max(0.0, (centre - spread) / scale)
    high = 1.0 if passed == graded else min(1.0, (centre + spread) / scale)
    return (low, high)


def _excluded(rate: float, passed: int, graded: int) -> bool:
    """Whether the mixture martingale against `rate` has reached 1 / `DECISION_ERROR`."""
    failed = graded - passed
    ratio = log_beta(passed + 1, failed + 1) - log_likelihood(passed, failed, rate)
    return ratio >= -math.log(DECISION_ERROR)


@lru_cache(maxsize=4096)
def confidence_sequence(passed: int, graded: int) -> tuple[float, float]:
    """Rates not yet excluded; valid at every n at once with probability 95 %, so it may be looked at any time.

    The beta-binomial mixture (prior-posterior ratio) of Waudby-Smith and Ramdas 2020 with a uniform prior: a rate
    q is excluded once B(k + 1, n - k + 1) >= 20 q^k (1 - q)^(n - k).
    """
    if graded == 0:
        return (0.0, 1.0)
    estimate = passed / graded

    def edge(outside: float) -> float:
        if not _excluded(outside, passed, graded):
            return outside
        inside = estimate
        for _ in range(52):
            middle = (inside + outside) / 2
            if _excluded(middle, passed, graded):
                outside = middle
            else:
                inside = middle
        return outside

    return (edge(0.0), edge(1.0))


@lru_cache(maxsize=4096)
def probability_in_band(passed: int, graded: int, band: Band) -> float:
    """Posterior probability that the rate is inside the band, under Jeffreys' prior Beta(1/2, 1/2)."""
    a, b = passed + 0.5, graded - passed + 0.5
    return max(0.0, min(1.0, incomplete_beta(a, b, band.hi) - incomplete_beta(a, b, band.lo)))


def pass_at_k(passed: int, graded: int, k: int) -> float:
    """The unbiased estimate of "at least one of k attempts passes" (Chen et al. 2021, arXiv 2107.03374).

    Raises:
        ValueError: k is not within 1..graded; there is no unbiased estimate then.
    """
    if not 1 <= k <= graded:
        raise ValueError(f"pass@{k} needs at least {k} graded trials and k >= 1; there are {graded}")
    return 1.0 - math.comb(graded - passed, k) / math.comb(graded, k)


def pass_at_k_interval(passed: int, graded: int, k: int) -> tuple[float, float]:
    """The 95 % interval of "at least one of k attempts passes": where 1 - (1 - p)^k, which only grows with p, leads the
    Wilson interval of p. It holds the estimate.

    Raises:
        ValueError: k is not within 1..graded.
    """
    estimate = pass_at_k(passed, graded, k)
    low, high = (1.0 - (1.0 - rate) ** k for rate in wilson_interval(passed, graded))
    return (min(low, estimate), max(high, estimate))


SHOWN_K = (5, 10)


def pass_at_shown(passed: int, graded: int) -> tuple[tuple[int, float], ...]:
    """k and pass@k, for each k of `SHOWN_K` up to half the trials; beyond that it says little."""
    return tuple((k, pass_at_k(passed, graded, k)) for k in SHOWN_K if 2 * k <= graded)


def rate_range_with_voids(passed: int, failed: int, void: int) -> tuple[float, float] | None:
    """Pass rate if every void trial had failed, and if every one had passed; ``None`` without trials."""
    total = passed + failed + void
    if total == 0:
        return None
    return (passed / total, (passed + void) / total)
