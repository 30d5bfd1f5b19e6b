"""Even sizes at which an FFT is fast: a power of 2 times a few 3s and 5s."""

from __future__ import annotations

_ODD_FACTORS = (1, 3, 5, 9, 15, 25, 27, 45, 75, 81, 125, 135)
"""Close enough to each other, but for powers of 2, that a size up to a given one is at least nine tenths of it. So few
that a transform finds its tables made, mostly: NumPy keeps those of the last 16 sizes."""


def quick_even_size_from(least: int) -> int:
    """Smallest such size that is at least `least`."""
    return min(odd << max(1, (-(-least // odd) - 1).bit_length()) for odd in _ODD_FACTORS)


def quick_even_size_up_to(most: int) -> int:
    """Largest such size that is at most `most`, which is at least 2."""
    return max(odd << (most // odd).bit_length() - 1 for odd in _ODD_FACTORS if 2 * odd <= most)
