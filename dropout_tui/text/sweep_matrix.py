"""The cells of a sweep as a table of characters: rows and columns by its two longest axes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from dropout_core.analysis.sweep_cells import SweepCell, axes_of, main_cause
from dropout_core.statistics.pass_rate import Decision
from dropout_core.values.words.percent import percent
from dropout_tui.text.columns import aligned, column_widths
from dropout_tui.text.numbers import percent_range
from dropout_tui.text.sanitize import visible_line
from dropout_tui.text.truncate import cut_in_the_middle

FITS = "▶"
"""Beside a cell that is in the band."""
WIDEST = 28
"""Cells of a terminal that a value or a cause may take."""


def matrix_lines(cells: Sequence[SweepCell]) -> list[str]:
    """A table for each choice of the values of the further axes."""
    axes = axes_of(cells)
    by_length = sorted(axes, key=lambda axis: -len(axes[axis]))
    shown = [axis for axis in by_length[:2] if len(axes[axis]) > 1]
    # Where nothing varies along them, the usual two.
    for usual in ("prompt", "suite"):
        if len(shown) < 2 and usual in axes and usual not in shown:
            shown.append(usual)
    rows, columns = sorted(shown, key=list(axes).index)
    further = [axis for axis in axes if axis not in shown and len(axes[axis]) > 1]
    lines: list[str] = []
    for values in product(*(axes[axis] for axis in further)):
        fixed = dict(zip(further, values, strict=True))
        if fixed:
            lines.append(", ".join(f"{axis} {visible_line(value)}" for axis, value in fixed.items()) + ":")
        picked = [cell for cell in cells if all(cell.value(a) == v for a, v in fixed.items())]
        lines += _table(picked, (rows, axes[rows]), (columns, axes[columns]))
    return lines


def _table(
    cells: Sequence[SweepCell], rows: tuple[str, list[str]], columns: tuple[str, list[str]]
) -> list[str]:
    (row_axis, row_values), (column_axis, column_values) = rows, columns
    texts: dict[tuple[str, str], tuple[str, ...]] = {
        (cell.value(row_axis), cell.value(column_axis)): cell_text(cell) for cell in cells
    }
    head = [f"{row_axis} \\ {column_axis}", *map(_short, column_values)]
    body = [head]
    for row in row_values:
        blank: tuple[str, ...] = ("  –", "")
        height = max(len(texts.get((row, column), blank)) for column in column_values)
        for line in range(height):
            parts = [texts.get((row, column), blank) for column in column_values]
            body.append([_short(row) if line == 0 else "", *(_line(part, line) for part in parts)])
    widths = column_widths(body)
    return [aligned(line, widths) for line in body]


def _line(text: tuple[str, ...], line: int) -> str:
    return text[line] if line < len(text) else ""


def _short(value: str) -> str:
    return cut_in_the_middle(visible_line(value), WIDEST)


def cell_text(cell: SweepCell) -> tuple[str, ...]:
    """What a cell says: its rate and interval, then the decision and the main cause of failing."""
    if cell.state is None:
        return ("✗ cannot run" if cell.cannot_run else "  not begun",)
    state = cell.state
    rate, graded = state.pass_rate, state.tally.graded
    mark = FITS if cell.decision is Decision.IN else " "
    figures = "no run graded" if rate is None else f"{percent(rate)} % ({percent_range(state.interval)})"
    of = f" of {graded:,}" if graded else ""
    cause = main_cause(state)
    why = "" if cause is None else f", {_short(cause[0])} {cause[1]:,}"
    voids = f", {state.tally.void:,} void" if state.tally.void else ""
    decision = "IN the band" if cell.decision is Decision.IN else str(cell.decision)
    return (f"{mark} {figures}{of}", f"  {decision}{why}{voids}")
