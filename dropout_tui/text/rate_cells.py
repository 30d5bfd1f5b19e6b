"""The cells of an axis from 0 to 100 % on which a pass rate is drawn: the band, two intervals and the estimate.

····╎╌╌╌╌╫╌╌├─────────●──────────╫─────────┤╌╌╌╌╌╎································
"""

from __future__ import annotations

from dropout_core.statistics.pass_rate import Band

Cell = tuple[str, str]
"""A sign and its style."""

_NOTHING = "$foreground-disabled"
_SHADE = "$text-success 60%"
_EDGE = "$text-success"
_INSIDE = "bold $text-success"
_OUTSIDE = "bold $text-warning"
_FAINT = "$foreground-muted"
_ESTIMATE = "bold $text-accent"


def label_cells(width: int, band: Band | None) -> str:
    """The labels of the ends of the axis and of the band's edges, if it has one. Edges win where there is no room."""
    line = [" "] * width
    edges = () if band is None else (band.lo, band.hi)
    for fraction in (*edges, 0.0, 1.0):
        text = f"{fraction * 100:g}"
        start = max(0, min(width - len(text), place_on_axis(fraction, width) - (len(text) - 1) // 2))
        around = line[max(0, start - 1) : start + len(text) + 1]
        if all(character == " " for character in around):
            line[start : start + len(text)] = text
    return "".join(line)


def axis_cells(
    width: int,
    band: Band,
    interval: tuple[float, float] | None = None,
    estimate: float | None = None,
    sequence: tuple[float, float] | None = None,
) -> list[Cell]:
    """The axis with the band, and on it the wider `sequence`, the `interval` and the `estimate`, if there are any.

    Later marks cover earlier ones: the estimate is always visible, and the band wherever an interval only
    crosses its edge.
    """
    cells = _with_band(width, band)
    if sequence is not None:
        _draw_interval(cells, band, sequence, "╌", ("╎", "╎"), _FAINT, _FAINT)
    if interval is not None:
        _draw_interval(cells, band, interval, "─", ("├", "┤"), _INSIDE, _OUTSIDE)
    if estimate is not None:
        cells[place_on_axis(estimate, width)] = ("●", _ESTIMATE)
    return cells


def place_on_axis(fraction: float, width: int) -> int:
    """The cell of `fraction` on an axis of `width` cells."""
    return round(fraction * (width - 1))


def _with_band(width: int, band: Band) -> list[Cell]:
    lo, hi = place_on_axis(band.lo, width), place_on_axis(band.hi, width)
    cells = [("░", _SHADE) if lo < x < hi else ("·", _NOTHING) for x in range(width)]
    for edge in (lo, hi):
        cells[edge] = ("╫", _EDGE)
    return cells


def _draw_interval(
    cells: list[Cell],
    band: Band,
    interval: tuple[float, float],
    line: str,
    ends: tuple[str, str],
    inside: str,
    outside: str,
) -> None:
    width = len(cells)
    edges = {place_on_axis(band.lo, width), place_on_axis(band.hi, width)}
    first, last = (place_on_axis(end, width) for end in interval)
    for x in range(first, last + 1):
        glyph = line
        if x == first:
            glyph = "╟" if x in edges else ends[0]
        elif x == last:
            glyph = "╢" if x in edges else ends[1]
        elif x in edges:
            continue
        cells[x] = (glyph, inside if min(edges) <= x <= max(edges) else outside)
