"""Pass rates drawn on an axis from 0 to 100 %: the band, two intervals and the estimate in one line.

····╎╌╌╌╌╫╌╌├─────────●──────────╫─────────┤╌╌╌╌╌╎································
"""

from __future__ import annotations

from textual.content import Content

from dropout_core.statistics.pass_rate import Band

_NOTHING = "$foreground-disabled"
_SHADE = "$text-success 60%"
_EDGE = "$text-success"
_INSIDE = "bold $text-success"
_OUTSIDE = "bold $text-warning"
_FAINT = "$foreground-muted"
_ESTIMATE = "bold $text-accent"


def labels(width: int, band: Band) -> Content:
    """The labels of the ends of the axis and of the band's edges. Edges win where there is no room."""
    line = [" "] * width
    for fraction in (band.lo, band.hi, 0.0, 1.0):
        text = f"{fraction * 100:g}"
        start = max(0, min(width - len(text), _cell(fraction, width) - (len(text) - 1) // 2))
        around = line[max(0, start - 1) : start + len(text) + 1]
        if all(character == " " for character in around):
            line[start : start + len(text)] = text
    return Content("".join(line)).stylize("$foreground-muted")


def axis(
    width: int,
    band: Band,
    interval: tuple[float, float] | None = None,
    estimate: float | None = None,
    sequence: tuple[float, float] | None = None,
) -> Content:
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
        cells[_cell(estimate, width)] = ("●", _ESTIMATE)
    return Content.assemble(*cells)


def place_on_axis(fraction: float, width: int) -> int:
    """The cell of `fraction` on an axis of `width` cells."""
    return _cell(fraction, width)


def _with_band(width: int, band: Band) -> list[tuple[str, str]]:
    lo, hi = _cell(band.lo, width), _cell(band.hi, width)
    cells = [("░", _SHADE) if lo < x < hi else ("·", _NOTHING) for x in range(width)]
    for edge in (lo, hi):
        cells[edge] = ("╫", _EDGE)
    return cells


def _draw_interval(
    cells: list[tuple[str, str]],
    band: Band,
    interval: tuple[float, float],
    line: str,
    ends: tuple[str, str],
    inside: str,
    outside: str,
) -> None:
    width = len(cells)
    edges = {_cell(band.lo, width), _cell(band.hi, width)}
    first, last = (_cell(end, width) for end in interval)
    for x in range(first, last + 1):
        glyph = line
        if x == first:
            glyph = "╟" if x in edges else ends[0]
        elif x == last:
            glyph = "╢" if x in edges else ends[1]
        elif x in edges:
            continue
        cells[x] = (glyph, inside if min(edges) <= x <= max(edges) else outside)


def _cell(fraction: float, width: int) -> int:
    return round(fraction * (width - 1))
