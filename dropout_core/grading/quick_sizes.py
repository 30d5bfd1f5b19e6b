"""Sizes that an FFT takes apart into factors of 2, 3 and 5, and so is quick at."""

from __future__ import annotations

_ODD_FACTORS: tuple[int, ...] = tuple(3**threes * 5**fives for threes in range(10) for fives in range(7))


def quick_even_size_from(least: int) -> int:
    """The smallest even one from `least` on."""
    return min(odd << max(1, (-(-least // odd) - 1).bit_length()) for odd in _ODD_FACTORS)


def quick_size_up_to(most: int) -> int:
    """The largest one up to `most`, which is at least 1."""
    sizes: list[int] = [odd << (most // odd).bit_length() - 1 for odd in _ODD_FACTORS if odd <= most]
    return max(sizes)
