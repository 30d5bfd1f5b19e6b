"""Where an array is not the one it should be, drawn cell by cell: the darker, the farther off."""

from __future__ import annotations

from textual.content import Content

from dropout_core.verdict.difference_map import DifferenceMap

RIGHT = "dim"
WRONG = "$text-error"


def difference_picture(differences: DifferenceMap, width: int) -> list[Content]:
    """The map, a row to a line, at most `width` cells wide; what does not fit is left out at the right."""
    if width <= 0:
        return []
    return [
        Content.assemble(
            *((glyph, RIGHT if cell == "0" else WRONG) for cell, glyph in zip(row, drawn, strict=True))
        )[:width]
        for row, drawn in zip(differences.rows, differences.drawn(), strict=True)
    ]
