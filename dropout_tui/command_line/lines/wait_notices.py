"""Lines that say why no result comes for a while, where there is no screen to show it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from dropout_core.state.events import Event, RequestHeld

LEAST_SECONDS = 1.0
"""Seconds. A shorter wait is not reported."""
QUIET_SECONDS = 5.0
"""The least seconds between two lines."""


class WaitNotices:
    """Prints one line for each wait, however many requests are waiting."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """`say` takes a line."""
        self._say = say
        self._silent_until = -math.inf

    def receive(self, events: Sequence[Event]) -> None:
        """Report a wait, unless it is the one reported last."""
        for event in events:
            if isinstance(event, RequestHeld) and event.seconds is not None:
                self._held(event.at, event.seconds, event.reason)

    def _held(self, at: float, seconds: float, reason: str) -> None:
        if seconds < LEAST_SECONDS or at < self._silent_until:
            return
        self._silent_until = at + max(seconds, QUIET_SECONDS)
        self._say(f"{reason}, requests wait {math.ceil(seconds)} s")
