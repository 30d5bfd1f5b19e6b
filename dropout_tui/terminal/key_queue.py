"""A queue of keys: each is handled after everything that the one before caused has been done.

A key that opens a line to type in moves the focus there by messages, and takes some steps to do so. What is typed
meanwhile belongs to that line; sent off at once it would go to whatever has the focus still, and act as commands.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.widget import Widget

_MOST_WALKS = 4
"""The most rounds to wait for a key's effects: an effect may cause more, such as a menu that closes."""


class KeyQueue:
    """Keys and pastes that wait for their turn. All of them wait until `begin`."""

    def __init__(self, app: App[Any], hear: Callable[[events.Event], Awaitable[None]]) -> None:
        """`hear` sends a key to the focused widget; everything else here runs in the message queue of `app`."""
        self._app = app
        self._hear = hear
        self._waiting: deque[events.Event] = deque()
        self._busy = True
        self._begun = False

    @property
    def waits(self) -> bool:
        """Whether a new key would have to wait."""
        return self._busy

    @property
    def begun(self) -> bool:
        """Whether every key from before `begin` has been handled."""
        return self._begun

    async def begin(self) -> None:
        """Let the first key go, now that there is a screen to handle it."""
        await self._let_go()

    async def take(self, event: events.Event) -> None:
        """Handle `event` when it is its turn."""
        self._waiting.append(event)
        if not self._busy:
            await self._let_go()

    async def _let_go(self) -> None:
        self._busy = bool(self._waiting)
        if not self._waiting:
            self._begun = True
            return
        screen = self._app.screen
        way = tuple((self._app.focused or screen).ancestors_with_self)
        try:
            await self._hear(self._waiting.popleft())
        finally:
            self._walk(way, lambda: self._arrived(screen, way, 1))

    def _walk(self, way: Sequence[DOMNode], then: Callable[[], object]) -> None:
        """Follow a key from the focused widget up to the app, one step behind it."""
        for place, node in enumerate(way):
            # A widget that is closed takes no callback, and has nothing left to do.
            if node.call_later(self._walk, way[place + 1 :], then):
                return
        self._app.call_later(then)

    def _arrived(self, screen: Widget, way: Sequence[DOMNode], walks: int) -> None:
        now = self._app.screen
        if now is not screen:
            # A new screen gets its focus when it is shown.
            self._walk((now,), lambda: self._arrived(now, (now,), walks + 1))
        elif walks < _MOST_WALKS and any(node.message_queue_size for node in way if node is not self._app):
            self._walk(way, lambda: self._arrived(screen, way, walks + 1))
        else:
            self._app.call_later(self._let_go)
