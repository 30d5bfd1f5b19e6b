"""Keys that would do nothing just now are dimmed, and say why when they are pressed all the same."""

from __future__ import annotations

from typing import Any, Protocol

from textual.events import Key
from textual.screen import Screen

from dropout_tui.refusal import Refusal


class Explaining(Protocol):
    """A screen that can say why."""

    def why_not(self, action: str) -> str | None:
        """Why an action would do nothing; ``None`` when it is not for the user to know."""
        ...


class DimmedKeys:
    """Says why on behalf of a screen, but not again while it can still be read."""

    def __init__(self) -> None:
        self._said = Refusal("")

    def pressed(self, screen: Screen[Any], explaining: Explaining, event: Key) -> None:
        """A key came to the screen that nothing in it took."""
        active = screen.active_bindings.get(event.key)
        if active is None or active.enabled:
            return
        why = explaining.why_not(active.binding.action)
        if why is None:
            return
        event.stop()
        if why != self._said.reason:
            self._said = Refusal(why)
        self._said.say(screen)
