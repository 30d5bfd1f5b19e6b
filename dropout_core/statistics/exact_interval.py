"""Exact interval of a proportion: its coverage is at least nominal at every true rate."""

from __future__ import annotations

from functools import lru_cache

from dropout_core.statistics.incomplete_beta import beta_quantile

CONFIDENCE = 0.95


@lru_cache(maxsize=1_000)
def exact_interval(passed: int, graded: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The two-sided interval of C. J. Clopper and E. S. Pearson, Biometrika 26 (1934), 404-413; ``(0, 1)`` before any
    trial. It is wider than Wilson's, whose coverage is 95 % only on average over the rates.
    """
    failed, outside = graded - passed, (1.0 - confidence) / 2
    low = beta_quantile(passed, failed + 1, outside) if passed else 0.0
    high = 1.0 - beta_quantile(failed, passed + 1, outside) if failed else 1.0
    return (low, high)
