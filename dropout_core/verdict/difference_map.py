"""Where an array is not the one it should be, and by how much: a small picture of the whole of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dropout_core.values.stored.value import Unreadable, count, fields_reader, sequence_of

MOST_ROWS, MOST_COLUMNS = 16, 64
"""Of cells. Where an array has more elements, a cell stands for several, and shows that which is farthest off."""
GLYPHS: Mapping[str, str] = {"0": "·", "1": "░", "2": "▒", "3": "▓", "x": "×"}
"""How each cell is drawn: as expected, off by little, by more, by most, and NaN or infinite where one of the two is."""
STEPS = 3
"""Of how far off a cell is, on a logarithmic scale from the least to the most."""


@dataclass(frozen=True, slots=True)
class DifferenceMap:
    """An array in cells, beside the one it should be."""

    shape: tuple[int, ...]
    """Of the whole array. Its leading axes are taken together; a line is broken into rows."""
    wrong: int
    """How many of its elements are not as expected."""
    least: float
    """By how much those are off, of those that are finite: the least and the most. 0 where none is."""
    most: float
    rows: tuple[str, ...]
    """Rows of cells, each a key of `GLYPHS`."""
    block: tuple[int, int]
    """Elements of a cell, down and across."""

    def drawn(self) -> tuple[str, ...]:
        """The rows as one sees them."""
        return tuple("".join(GLYPHS[cell] for cell in row) for row in self.rows)

    def words(self) -> tuple[str, ...]:
        """What it shows, in words, beginning with its legend."""
        size = math.prod(self.shape)
        legend = f"{GLYPHS['0']} as expected"
        if self.most > 0:
            legend += f", {GLYPHS['1']}{GLYPHS['2']}{GLYPHS['3']} off by {self._span}"
        if any("x" in row for row in self.rows):
            legend += f", {GLYPHS['x']} not finite"
        down, across = self.block
        scale = [] if self.block == (1, 1) else [f"one cell is {down} × {across} elements"]
        shape = " × ".join(map(str, self.shape))
        return (legend, f"{self.wrong:,} of {size:,} elements are wrong ({shape})", *scale)

    @property
    def _span(self) -> str:
        least, most = f"{self.least:.3g}", f"{self.most:.3g}"
        return least if least == most else f"{least} to {most}"

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "shape": list(self.shape),
            "wrong": self.wrong,
            "least": self.least,
            "most": self.most,
            "rows": list(self.rows),
            "block": list(self.block),
        }

    @classmethod
    def from_json(cls, value: Any) -> DifferenceMap:
        """The inverse of `to_json`."""
        return cls(**_read(value))


def _read_row(value: Any) -> str:
    if not isinstance(value, str) or not set(value) <= set(GLYPHS) or len(value) > MOST_COLUMNS:
        raise Unreadable("it is no row of cells")
    return value


def _read_rows(value: Any) -> tuple[str, ...]:
    rows: tuple[str, ...] = sequence_of(_read_row)(value)
    if len(rows) > MOST_ROWS:
        raise Unreadable("it has too many rows")
    return rows


def _read_block(value: Any) -> tuple[int, int]:
    sides = sequence_of(count)(value)
    if len(sides) != 2 or 0 in sides:
        raise Unreadable("it is no block of elements")
    return sides[0], sides[1]


_read = fields_reader(DifferenceMap, {"shape": sequence_of(count), "rows": _read_rows, "block": _read_block})
