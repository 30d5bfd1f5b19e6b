"""The base of screens that fill the terminal: as one opens, its widgets are styled once.

Textual styles them again when the screen hears of the size, which comes after the widgets, and again when it comes to
the front.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from textual import on
from textual.events import ScreenResume
from textual.screen import Screen

Result = TypeVar("Result")
Breakpoints = Sequence[tuple[int, str]]
"""The least size of each, and its class."""


class FullScreen(Screen[Result]):
    """A screen that has the classes of its breakpoints before its widgets come."""

    _has_been_in_front = False

    def on_compose(self) -> None:
        """Take on the classes for the size, which all widgets then find."""
        width, height = self.app.size
        found = (
            class_at(width, self.HORIZONTAL_BREAKPOINTS or ()),
            class_at(height, self.VERTICAL_BREAKPOINTS or ()),
        )
        self.update_classes({name: True for name in found if name is not None}, update=False)

    @on(ScreenResume)
    def _come_to_the_front(self, event: ScreenResume) -> None:
        """Style the screen alone the first time, which was there before its classes; its widgets have just been."""
        if not self._has_been_in_front:
            self._has_been_in_front = True
            event.refresh_styles = False
            self.app.stylesheet.update_nodes([self])


def class_at(size: int, breakpoints: Breakpoints) -> str | None:
    """The class of the largest breakpoint that this size reaches."""
    reached = [(least, name) for least, name in breakpoints if least <= size]
    return max(reached)[1] if reached else None
