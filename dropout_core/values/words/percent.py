"""Rates in whole percent."""

from __future__ import annotations


def percent(fraction: float) -> str:
    """A rate in whole percent, without the sign. Only exactly zero reads ``0``, and only exactly one ``100``."""
    rounded = round(fraction * 100)
    if rounded == 0 and fraction > 0:
        return "<1"
    if rounded == 100 and fraction < 1:
        return ">99"
    return str(rounded)
