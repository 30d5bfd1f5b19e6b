"""Autocorrelation: sums of the products of signs some distance apart, for all distances at once, by FFT.

The products of fair signs that belong to one distance are independent and fair themselves: each joins two signs, no two
join the same, and however one goes from sign to sign along them, one never comes back to where one was.
"""

from __future__ import annotations

import numpy as np
from numpy import fft
from numpy.typing import NDArray

from dropout_core.statistics.masks.fft_sizes import quick_even_size_from

Signs = NDArray[np.float64]


def lag_sums(signs: Signs) -> tuple[Signs, Signs]:
    """For every distance from 1, the sum of the products of signs that far apart, and how many there are.

    `signs` is one-dimensional.
    """
    count = signs.size
    length = quick_even_size_from(2 * count - 1)
    spectrum = fft.rfft(signs, length)
    sums = fft.irfft(np.square(spectrum.real) + np.square(spectrum.imag), length)[1:count]
    return sums, np.arange(count - 1, 0, -1, dtype=np.float64)


def lag_sums_of_two(first: Signs, second: Signs) -> tuple[Signs, Signs, Signs]:
    """For every distance from 1: the sum of the products within both, a difference of those between the two, and how
    many products each of these sums has.

    With z = first + i second, Σ z[j + k] conj(z[j]) has Σ first[j + k] first[j] + second[j + k] second[j] as its real
    part, and Σ second[j + k] first[j] - first[j + k] second[j] as its imaginary one. `first` and `second` are
    one-dimensional and of one size.
    """
    count = first.size
    length = quick_even_size_from(2 * count - 1)
    spectrum = fft.fft(first + 1j * second, length)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    sums = fft.rfft(power)[1:count] / length  # of real numbers, so half of it is enough
    return sums.real, -sums.imag, 2.0 * np.arange(count - 1, 0, -1, dtype=np.float64)
