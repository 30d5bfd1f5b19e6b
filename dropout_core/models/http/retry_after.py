"""Wait that a server asks for, in any of the usual headers."""

from __future__ import annotations

import email.utils
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

_LIMITS = ("requests", "tokens", "input-tokens", "output-tokens")


def asked_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait according to the headers, with `now` in seconds since 1970; ``None`` when they do not say.

    The ``retry-after`` headers hold a number or a date. Without them the ``anthropic-ratelimit-*-reset`` of the limits
    that are used up count.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        if name in headers and (seconds := _seconds(headers[name], unit, now)) is not None:
            return seconds
    return max(_until_reset(headers, now), default=None)


def _until_reset(headers: Mapping[str, str], now: float) -> Iterator[float]:
    for limit in _LIMITS:
        name = f"anthropic-ratelimit-{limit}"
        used_up = headers.get(f"{name}-remaining", "").strip() == "0"
        if used_up and (seconds := _seconds(headers.get(f"{name}-reset", ""), 1.0, now)) is not None:
            yield seconds


def _seconds(value: str, unit: float, now: float) -> float | None:
    try:
        seconds = float(value) * unit
    except ValueError:
        moment = _moment(value)
        if moment is None:
            return None
        seconds = moment - now
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _moment(value: str) -> float | None:
    """An HTTP or ISO 8601 date, in seconds since 1970."""
    try:
        return email.utils.parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        pass
    try:
        moment = datetime.fromisoformat(value.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
