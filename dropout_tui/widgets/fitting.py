"""Fits several items into one line: the least important are left out when it is narrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a line."""

    content: Content
    weight: int
    """The item with the smallest weight goes first."""


def fitting(items: Sequence[Item], width: int, gap: int = 3) -> Content:
    """As many of `items` as fit `width` cells, in their order; a single one that does not fit ends in ``…``."""
    kept = list(items)
    while len(kept) > 1 and _cells(kept, gap) > width:
        kept.remove(min(kept, key=lambda item: item.weight))
    return Content(" " * gap).join(item.content for item in kept).truncate(max(0, width), ellipsis=True)


def _cells(items: Sequence[Item], gap: int) -> int:
    return sum(item.content.cell_length for item in items) + gap * (len(items) - 1)
