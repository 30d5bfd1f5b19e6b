"""Where each cell of a sweep stands on the screen: which axis has the columns, and which ones the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from dropout_core.analysis.sweep_cells import SweepCell, axes_of


@dataclass(frozen=True, slots=True)
class MatrixLayout:
    """Rows and columns, and the index of the cell where they meet."""

    row_axes: tuple[str, ...]
    """The first is the row's own; the further ones vary more slowly."""
    column_axis: str
    rows: tuple[tuple[str, ...], ...]
    """Of each row, the values of `row_axes`."""
    columns: tuple[str, ...]
    indices: tuple[tuple[int | None, ...], ...]
    """By row and column; ``None`` where the grid has no cell."""

    def place_of(self, index: int) -> tuple[int, int] | None:
        """The row and the column of a cell."""
        for row, indices in enumerate(self.indices):
            if index in indices:
                return row, indices.index(index)
        return None


def matrix_layout(cells: Sequence[SweepCell]) -> MatrixLayout:
    """The longest axis goes down, the next one across, and the others down, too: a terminal scrolls down best."""
    axes = axes_of(cells)
    telling = sorted((axis for axis in axes if len(axes[axis]) > 1), key=lambda axis: -len(axes[axis]))
    # Where nothing varies along them, the usual two.
    for usual in ("prompt", "suite"):
        if len(telling) < 2 and usual in axes and usual not in telling:
            telling.append(usual)
    row_axis, column_axis, *further = telling
    columns = tuple(axes[column_axis])
    rows = tuple(
        (value, *others) for others in product(*(axes[axis] for axis in further)) for value in axes[row_axis]
    )
    row_axes = (row_axis, *further)
    by_values = {
        (tuple(cell.value(axis) for axis in row_axes), cell.value(column_axis)): index
        for index, cell in enumerate(cells)
    }
    indices = tuple(tuple(by_values.get((row, column)) for column in columns) for row in rows)
    return MatrixLayout(row_axes, column_axis, rows, columns, indices)
