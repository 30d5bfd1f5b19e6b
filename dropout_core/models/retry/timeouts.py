"""Timeouts of one try."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Seconds until a try is considered lost. A whole attempt has a limit too: see `time_budget`."""

    connect: float = 10.0
    """For connecting."""
    first_token: float = 120.0
    """From the request to the first piece of the reply. Pings do not count."""
    stall: float = 60.0
    """Between two pieces of the reply. Pings do not count."""
    thinking: float = 600.0
    """Between two pieces while the model thinks, which a server may not show. Also how long signs of life extend the
    wait for the first piece."""


API_LIMITS = TimeLimits()
LOCAL_LIMITS = TimeLimits(first_token=600.0, stall=300.0, thinking=1200.0)
"""Local servers queue requests that they cannot run at once, and read long prompts slowly."""
