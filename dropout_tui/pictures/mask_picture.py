"""A drop mask as blocks: what was dropped is ink, what was kept is paper.

Four elements share a cell (quadrants) or two do (half blocks), so that the stripes of dropped rows and columns and
the blocks of a coarse mask are seen as shapes. Rows and columns dropped as a whole are also marked and named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

DROPPED = "0"
INK = "$text-accent on $foreground 8%"

_QUADRANTS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
"""Indexed by the sum of the dropped quadrants: 1 upper left, 2 upper right, 4 lower left, 8 lower right."""
_RARELY = 0.01
_OFTENER = 10
"""Rows or columns are called whole where chance alone would have dropped one at most that rarely, or where there are
so many times more of them than by chance."""
_NUMBERS_NAMED = 6


@dataclass(frozen=True, slots=True)
class FullyDropped:
    """The rows and columns of a corner of a mask that were dropped as a whole, counted from 1."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]


def drop_share(mask: Sequence[str]) -> float:
    """The share of the corner that was dropped, from 0 to 1; 0 for an empty one."""
    total = sum(len(row) for row in mask)
    return sum(row.count(DROPPED) for row in mask) / total if total else 0.0


def fully_dropped(mask: Sequence[str], p: float | None = None) -> FullyDropped:
    """The rows and columns that were dropped as a whole and would not have been by chance at the rate `p`.

    Without `p` the share of the corner itself is used. Where everything was dropped, none is listed.
    """
    rows, width = len(mask), max(map(len, mask), default=0)
    share = drop_share(mask) if p is None else p
    if not rows or drop_share(mask) == 1.0:
        return FullyDropped((), ())
    whole_rows = tuple(n for n, row in enumerate(mask, 1) if row and set(row) == {DROPPED})
    whole_columns = tuple(n + 1 for n in range(width) if all(row[n : n + 1] in (DROPPED, "") for row in mask))
    return FullyDropped(
        whole_rows if _more_than_chance(len(whole_rows), rows * share**width) else (),
        whole_columns if _more_than_chance(len(whole_columns), width * share**rows) else (),
    )


def _more_than_chance(seen: int, by_chance: float) -> bool:
    return by_chance < _RARELY or (seen > 2 and seen > _OFTENER * by_chance)


def cells_across(columns: int, width: int) -> int:
    """How many elements share the width of a cell, 1 or 2, so that `columns` of them fit `width` cells if possible."""
    return 1 if columns <= width else 2


def mask_picture(mask: Sequence[str], width: int, p: float | None = None) -> list[Content]:
    """The mask, two rows of it to a line, at most `width` cells wide; what does not fit is left out at the right.

    ``◂`` points at rows and ``▴`` at columns that were dropped whole; there is room for the first beyond `width`
    only when it is at least three cells.
    """
    room = width - 2 if width >= 3 else width
    columns = max(map(len, mask), default=0)
    if not columns or room <= 0:
        return []
    across = cells_across(columns, room)
    cells = min(room, -(-columns // across))
    wholes = fully_dropped(mask, p)
    lines = []
    for top in range(0, len(mask), 2):
        pair = (mask[top], mask[top + 1] if top + 1 < len(mask) else "")
        text = "".join(_cell(pair, n * across, across) for n in range(cells))
        points = room < width and {top + 1, top + 2} & set(wholes.rows)
        lines.append(Content.assemble((text, INK), (" ◂", "bold") if points else ""))
    if wholes.columns:
        under = {(number - 1) // across for number in wholes.columns}
        lines.append(
            Content.styled("".join("▴" if n in under else " " for n in range(cells)).rstrip(), "bold")
        )
    return lines


def mask_words(mask: Sequence[str], p: float | None = None) -> list[str]:
    """The picture in words, beginning with its legend."""
    rows, width = len(mask), max(map(len, mask), default=0)
    if not rows:
        return []
    wholes = fully_dropped(mask, p)
    share = drop_share(mask)
    expected = "" if p is None else f" (p = {p:g})"
    words = ["█ dropped, blank kept", f"{share:.0%} of these {rows} × {width} dropped{expected}"]
    if share == 1.0:
        words.append("everything here was dropped")
    elif share == 0.0:
        words.append("nothing here was dropped")
    for name, numbers in (("row", wholes.rows), ("column", wholes.columns)):
        if numbers:
            words.append(f"dropped whole: {_named(name, numbers)}")
    return words


def _named(name: str, numbers: tuple[int, ...]) -> str:
    plural = name if len(numbers) == 1 else f"{name}s"
    if len(numbers) > _NUMBERS_NAMED:
        return f"{len(numbers)} {plural}"
    return f"{plural} {', '.join(map(str, numbers))}"


def _cell(pair: tuple[str, str], column: int, across: int) -> str:
    upper, lower = (row[column : column + across] for row in pair)
    if across == 1:
        upper, lower = upper * 2, lower * 2
    ink = sum(bit for bit, digit in zip((1, 2), upper, strict=False) if digit == DROPPED)
    ink += sum(bit for bit, digit in zip((4, 8), lower, strict=False) if digit == DROPPED)
    return _QUADRANTS[ink]
