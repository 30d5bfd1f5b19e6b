"""One line of several things, of which the least important give way when it is narrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content


@dataclass(frozen=True, slots=True)
class Item:
    """Something a line would like to say."""

    content: Content
    weight: int
    """The item with the smallest weight goes first."""


def fitting(items: Sequence[Item], width: int, gap: int = 3) -> Content:
    """As many of `items` as `width` cells hold, in their order; the last one left is cut off with ``…``."""
    kept = list(items)
    while len(kept) > 1 and _cells(kept, gap) > width:
        kept.remove(min(kept, key=lambda item: item.weight))
    return Content(" " * gap).join(item.content for item in kept).truncate(max(0, width), ellipsis=True)


def _cells(items: Sequence[Item], gap: int) -> int:
    return sum(item.content.cell_length for item in items) + gap * (len(items) - 1)
