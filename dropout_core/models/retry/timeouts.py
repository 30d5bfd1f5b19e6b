"""How long a try waits for what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Seconds until a try is taken for lost. A whole attempt has a limit too: see `time_budget`."""

    connect: float = 10.0
    """For a connection."""
    first_token: float = 120.0
    """From the request to the first piece of the reply. Pings are none."""
    stall: float = 60.0
    """Between two pieces of the reply. Pings are none."""
    thinking: float = 600.0
    """The same while the model thinks, of which a server that keeps it to itself lets nothing be seen.

    It is also how long signs of life prolong the wait for the first piece.
    """


API_LIMITS = TimeLimits()
LOCAL_LIMITS = TimeLimits(first_token=600.0, stall=300.0, thinking=1200.0)
"""A local server queues what it cannot run at once, and reads a long prompt slowly."""
