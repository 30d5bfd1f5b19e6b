"""Reports why a command does nothing, when its key is pressed although it is dimmed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from textual.app import App
from textual.screen import Screen

FOLLOWED = (
    "Another program runs this evaluation; here it is only followed."
    " Use the keys there; when it is done, they work here too."
)


@runtime_checkable
class Withholding(Protocol):
    """A screen with actions that are dimmed, whose keys only say why."""

    def withholds(self, action: str) -> bool:
        """Whether the palette and the help leave this action out."""
        ...


@dataclass
class Refusal:
    """Shows `reason` in a toast, but not again while the toast is on screen."""

    reason: str
    clock: Callable[[], float] = time.monotonic
    _gone_at: float = field(default=float("-inf"), init=False)

    def say(self, screen: Screen[Any]) -> None:
        """Show the reason."""
        now = self.clock()
        if now >= self._gone_at:
            self._gone_at = now + App.NOTIFICATION_TIMEOUT
            screen.notify(self.reason, markup=False)


def withheld(screen: object, action: str) -> bool:
    """Whether `screen` leaves this action out of what it offers."""
    return isinstance(screen, Withholding) and screen.withholds(action)
