"""Beta distribution: mass on an interval, quantiles, and the likelihood of counts, without SciPy."""

from __future__ import annotations

import math

_TINY = 1e-300
_MOST_TERMS = 20_000
_HALVINGS = 1_100
"""Enough to reach the smallest floating-point number; the search ends as soon as nothing lies between."""


def log_beta(a: float, b: float) -> float:
    """The logarithm of the beta function."""
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def log_likelihood(passed: int, failed: int, rate: float) -> float:
    """The logarithm of rate ** passed * (1 - rate) ** failed."""
    if (passed and rate <= 0.0) or (failed and rate >= 1.0):
        return -math.inf
    return (passed * math.log(rate) if passed else 0.0) + (failed * math.log1p(-rate) if failed else 0.0)


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function, I_x(a, b): the mass of Beta(a, b) below `x`."""
    return math.exp(log_mass_below(a, b, x))


def log_mass_below(a: float, b: float, x: float) -> float:
    """The logarithm of I_x(a, b), which keeps its digits however small the mass is."""
    if x <= 0.0:
        return -math.inf
    if x >= 1.0:
        return 0.0
    if x > (a + 1) / (a + b + 2):
        return math.log1p(-math.exp(min(0.0, _log_tail(b, a, 1.0 - x))))
    return min(0.0, _log_tail(a, b, x))


def log_mass_between(a: float, b: float, low: float, high: float) -> float:
    """The logarithm of the mass of Beta(a, b) from `low` to `high`, from whichever tails lose no digits."""
    middle = (a + 1) / (a + b + 2)
    if high <= middle:
        return _log_difference(log_mass_below(a, b, high), log_mass_below(a, b, low))
    if low >= middle:
        return _log_difference(log_mass_below(b, a, 1.0 - low), log_mass_below(b, a, 1.0 - high))
    outside = math.exp(log_mass_below(a, b, low)) + math.exp(log_mass_below(b, a, 1.0 - high))
    return math.log1p(-outside) if outside < 1.0 else -math.inf


def beta_quantile(a: float, b: float, mass: float) -> float:
    """The x with I_x(a, b) = `mass`, by bisection down to neighbouring numbers."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if incomplete_beta(a, b, middle) < mass:
            low = middle
        else:
            high = middle
    return high


def _log_difference(larger: float, smaller: float) -> float:
    """log(exp(larger) - exp(smaller))."""
    if smaller >= larger:
        return -math.inf
    return larger + math.log1p(-math.exp(smaller - larger))


def _log_tail(a: float, b: float, x: float) -> float:
    """log I_x(a, b) for x at or below the mean, where Lentz's continued fraction is quick (DLMF 8.17.22)."""
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1)
    d = 1.0 / (d if abs(d) > _TINY else _TINY)
    fraction = d
    for m in range(1, _MOST_TERMS):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 + numerator * d
            d = 1.0 / (d if abs(d) > _TINY else _TINY)
            c = 1.0 + numerator / c
            c = c if abs(c) > _TINY else _TINY
            step = c * d
            fraction *= step
        if abs(step - 1.0) < 1e-15:
            break
    return a * math.log(x) + b * math.log1p(-x) - log_beta(a, b) - math.log(a) + math.log(fraction)
