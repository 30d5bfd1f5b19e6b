"""Times, tokens and rates, short enough for a column."""

from __future__ import annotations


def elapsed(seconds: float) -> str:
    """A measured duration: ``3.2s``, ``1:04``, ``2h05m``."""
    return f"{seconds:.1f}s" if seconds < 59.95 else clock(seconds)


def clock(seconds: float) -> str:
    """A duration in whole seconds: ``0:12``, ``1:04``, ``2h05m``."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}:{rest:02}"


def pluralize(number: int, noun: str) -> str:
    """A count with its noun, whose plural ends in s: ``1 run``, ``1,200 runs``."""
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


def count(number: int) -> str:
    """A number in at most five cells: ``412``, ``12.4k``, ``1.25M``."""
    if number < 1_000:
        return str(number)
    if number < 99_950:
        return f"{number / 1_000:.1f}k"
    if number < 999_500:
        return f"{number / 1_000:.0f}k"
    return f"{number / 1_000_000:.2f}M" if number < 9_995_000 else f"{number / 1_000_000:.0f}M"


def percent_range(interval: tuple[float, float]) -> str:
    """An interval of rates in whole percent: ``11–60``."""
    return f"{round(interval[0] * 100)}–{round(interval[1] * 100)}"


def about(number: int) -> str:
    """An estimate of a count, to two significant digits: ``70``, ``1,200``."""
    digits = len(str(number))
    return f"{round(number, 2 - digits):,}" if digits > 2 else str(number)
