"""Columns of a table of characters, as wide as a terminal shows them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.cells import cell_len, set_cell_size

GAP = "  "
"""Between two columns."""


def column_widths(rows: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """The cells of a terminal that the widest text of each column takes."""
    return tuple(max(map(cell_len, column)) for column in zip(*rows, strict=True))


def aligned(texts: Sequence[str], widths: Sequence[int], *, right: Collection[int] = ()) -> str:
    """One row. The columns whose numbers are in `right` stand to the right; what is too wide is cut."""
    placed = (
        " " * (width - cell_len(text)) + text
        if column in right and cell_len(text) <= width
        else set_cell_size(text, width)
        for column, (text, width) in enumerate(zip(texts, widths, strict=True))
    )
    return GAP.join(placed).rstrip()
