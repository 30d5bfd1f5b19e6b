"""Pass rates drawn on an axis from 0 to 100 %: the band, an interval and the estimate in one line.

·········╫░░├─────────●──────────╫─────────┤······································
"""

from __future__ import annotations

from textual.content import Content

from dropout_core.statistics import Band

_NOTHING = "$foreground-disabled"
_SHADE = "$text-success 60%"
_EDGE = "$text-success"
_INSIDE = "bold $text-success"
_OUTSIDE = "bold $text-warning"
_FAINT = "$foreground-muted"
_ESTIMATE = "bold $text-accent"


def labels(width: int, band: Band) -> Content:
    """The ends of the axis and the edges of the band, each above its place. Edges win where there is no room."""
    line = [" "] * width
    for fraction in (band.lo, band.hi, 0.0, 1.0):
        text = f"{fraction * 100:g}"
        start = max(0, min(width - len(text), _cell(fraction, width) - (len(text) - 1) // 2))
        around = line[max(0, start - 1) : start + len(text) + 1]
        if all(character == " " for character in around):
            line[start : start + len(text)] = text
    return Content("".join(line)).stylize("$foreground-muted")


def axis(
    width: int, band: Band, interval: tuple[float, float] | None = None, estimate: float | None = None
) -> Content:
    """The axis with the band, and on it the interval and the estimate, if there are any."""
    cells = _with_band(width, band)
    if interval is not None:
        _draw_interval(cells, band, interval, "─", _INSIDE, _OUTSIDE)
    if estimate is not None:
        cells[_cell(estimate, width)] = ("●", _ESTIMATE)
    return Content.assemble(*cells)


def faint_axis(width: int, band: Band, interval: tuple[float, float]) -> Content:
    """The axis with a second, fainter interval."""
    cells = _with_band(width, band)
    _draw_interval(cells, band, interval, "╌", _FAINT, _FAINT)
    return Content.assemble(*cells)


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
    inside: str,
    outside: str,
) -> None:
    width = len(cells)
    edges = {_cell(band.lo, width), _cell(band.hi, width)}
    first, last = (_cell(end, width) for end in interval)
    for x in range(first, last + 1):
        glyph = line
        if x == first:
            glyph = "╟" if x in edges else "├"
        elif x == last:
            glyph = "╢" if x in edges else "┤"
        elif x in edges:
            continue
        cells[x] = (glyph, inside if min(edges) <= x <= max(edges) else outside)


def _cell(fraction: float, width: int) -> int:
    return round(fraction * (width - 1))
