"""Wait before a request is tried again."""

from __future__ import annotations

FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
LONGEST_ASKED_WAIT = 60.0
"""Longest wait in seconds that a server may ask for; ``retry-after: 3600`` is not followed."""


def retry_wait(failures: int, retry_after: float | None, chance: float) -> float:
    """Seconds to wait after the given number of failures, at least 1.

    It doubles from half a second, minus up to a quarter at random. The wait that the server asked for is added, up to a
    minute, so that many requests rejected together do not come back together.

    Args:
        failures: how many tries have failed.
        retry_after: what the server asked for, in seconds.
        chance: a random number in [0, 1).
    """
    backoff = min(FIRST_WAIT * 2.0 ** min(failures - 1, 16), LONGEST_WAIT) * (1 - chance / 4)
    return backoff + min(retry_after or 0.0, LONGEST_ASKED_WAIT)


def too_long(retry_after: float | None) -> bool:
    """Whether the server asks for a longer wait than that."""
    return retry_after is not None and retry_after > LONGEST_ASKED_WAIT
