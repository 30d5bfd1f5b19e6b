"""Lays out blocks of lines beside each other, as many as fit."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

GAP = 3

Block = Sequence[Content]


def block_width(block: Block) -> int:
    """The width of the widest line."""
    return max((line.cell_length for line in block), default=0)


def flowed(blocks: Sequence[Block], width: int, *, apart: bool = True) -> list[Content]:
    """The lines of `blocks`, in rows of as many as fit `width` cells; `apart` leaves a blank line between the rows.

    A block wider than `width` has a row to itself.
    """
    rows: list[list[Block]] = []
    taken = 0
    for block in filter(None, blocks):
        needed = block_width(block) + GAP
        if rows and taken + needed <= width + GAP:
            rows[-1].append(block)
            taken += needed
        else:
            rows.append([block])
            taken = needed
    lines: list[Content] = []
    for row in rows:
        if lines and apart:
            lines.append(Content())
        lines.extend(_beside(row))
    return lines


def _beside(row: Sequence[Block]) -> list[Content]:
    lines = []
    for number in range(max(map(len, row))):
        parts: list[Content] = []
        for block in row:
            line = block[number] if number < len(block) else Content()
            parts.append(line.pad_right(block_width(block) - line.cell_length))
        lines.append(Content(" " * GAP).join(parts))
    return lines
