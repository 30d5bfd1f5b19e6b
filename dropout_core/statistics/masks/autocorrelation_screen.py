"""Autocorrelation screen: a quick test whether the exact one is worth its time.

It decides nothing: what it lets pass is passed, and what it points out is judged by
`dropout_core.statistics.masks.autocorrelation`. So a right answer fails no more often for it, and
`dropout_core.tasks.dropout.error_budget.power` tells what it lets pass.

The sequence is taken for a circle: then no zeros need to follow it, and a transform of half the length will do. The
distances k and n - k fall together there, in one sum.
"""

from __future__ import annotations

import math

import numpy as np
from numpy import fft

from dropout_core.statistics.masks.autocorrelation import Signs
from dropout_core.statistics.masks.fft_sizes import quick_even_size_up_to

SCREEN_THRESHOLD = 5.0
"""Threshold in standard deviations. Of right masks of 36,000 elements, one pair in thirty is examined exactly."""

FEWEST = 300
"""Fewer signs are always examined exactly."""

SCREENED_SHARE = 0.9
"""Least share of a sequence that is screened."""


def worth_a_closer_look(first: Signs, second: Signs | None = None) -> bool:
    """Whether the signs of a sequence, or of two of one size, may be related at some distance: within each, or from one
    to the other. One-dimensional."""
    if first.size < FEWEST:
        return True
    count = quick_even_size_up_to(first.size)
    one = fft.rfft(first[:count])
    if second is None:
        sums = fft.irfft(_power(one.real, one.imag), count)[1:]
        return _farthest(sums) > SCREEN_THRESHOLD * math.sqrt(count)
    other = fft.rfft(second[:count])
    power = np.empty(count)  # of first + i second, as in `lag_sums_of_two`, by two quicker transforms
    middle = count // 2
    power[: middle + 1] = _power(one.real - other.imag, one.imag + other.real)
    power[middle:] = _power(one.real + other.imag, one.imag - other.real)[middle:0:-1]
    both = fft.rfft(power)[1:]
    return _farthest(both.view(np.float64)) > SCREEN_THRESHOLD * math.sqrt(2 * count) * count


def _power(real: Signs, imaginary: Signs) -> Signs:
    power: Signs = np.square(real)
    power += np.square(imaginary)
    return power


def _farthest(sums: Signs) -> float:
    return max(float(sums.max()), -float(sums.min()))
