"""The classes of a screen's breakpoints, before its widgets come.

Textual adds them when it hears of the size, which is after that, and styles every widget anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.screen import Screen

Breakpoints = Sequence[tuple[int, str]]
"""The least size of each, and its class."""


def class_at(size: int, breakpoints: Breakpoints) -> str | None:
    """The class of the largest breakpoint that this size reaches."""
    reached = [(least, name) for least, name in breakpoints if least <= size]
    return max(reached)[1] if reached else None


def take_size_into_account(screen: Screen[Any]) -> None:
    """Give the screen the classes that it will have, as it is composed."""
    width, height = screen.app.size
    found = (
        class_at(width, screen.HORIZONTAL_BREAKPOINTS or ()),
        class_at(height, screen.VERTICAL_BREAKPOINTS or ()),
    )
    screen.update_classes({name: True for name in found if name is not None}, update=False)
