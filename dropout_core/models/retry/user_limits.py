"""Timeouts and number of tries, as the user sets them: written, stored and applied."""

from __future__ import annotations

import re
from dataclasses import replace

from dropout_core.models.retry.time_budget import ATTEMPT_SECONDS
from dropout_core.models.retry.timeouts import TimeLimits

MOST_SECONDS = 7 * 86400.0
MOST_TRIES = 100
_SECONDS = re.compile(r"[0-9]{1,7}(\.[0-9]{1,3})?")


def parse_timeout(text: str) -> str:
    """Parse ``FIRST,STALL,ATTEMPT`` in seconds, of which the last ones may be left out and any may be empty.

    Raises:
        ValueError: with one line that says what to write.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > 3 or not any(parts) or not all(_is_seconds(part) for part in parts if part):
        raise ValueError(
            f"{text.strip()!r} is not a time limit; write seconds for the first token, between two, and for an attempt,"
            " such as 120,60,3600, or only the first"
        )
    return ",".join(parts)


def parse_tries(text: str) -> int:
    """Parse the most tries of one request.

    Raises:
        ValueError: with one line that says what to write.
    """
    word = text.strip()
    if not word.isdecimal() or not 1 <= int(word[:9]) <= MOST_TRIES:
        raise ValueError(f"{word!r} is not a number of tries; write one from 1 to {MOST_TRIES}")
    return int(word)


def limits_with(limits: TimeLimits, timeout: str | None) -> TimeLimits:
    """`limits` with those that a `timeout` sets for a single try."""
    first, stall, _ = _parts(timeout)
    if first is not None:
        limits = replace(limits, first_token=first, thinking=max(first, limits.thinking))
    return limits if stall is None else replace(limits, stall=stall)


def attempt_seconds(timeout: str | None) -> float:
    """Time limit for all tries of an attempt together."""
    _, _, attempt = _parts(timeout)
    return ATTEMPT_SECONDS if attempt is None else attempt


def timeout_words(timeout: str) -> str:
    """``time limits 120 s to the first token, 60 s between two, 3600 s an attempt``."""
    said = zip(_parts(timeout), ("to the first token", "between two", "an attempt"), strict=True)
    return "time limits " + ", ".join(
        f"{seconds:g} s {what}" for seconds, what in said if seconds is not None
    )


def _parts(timeout: str | None) -> tuple[float | None, float | None, float | None]:
    parts = [float(part) if part else None for part in (timeout or "").split(",")]
    first, stall, attempt = (*parts, None, None)[:3]
    return first, stall, attempt


def _is_seconds(text: str) -> bool:
    return _SECONDS.fullmatch(text) is not None and 0 < float(text) <= MOST_SECONDS
