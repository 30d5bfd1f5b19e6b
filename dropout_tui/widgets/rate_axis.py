"""Pass rates drawn on an axis from 0 to 100 %, as content for widgets."""

from __future__ import annotations

from textual.content import Content

from dropout_core.statistics.pass_rate import Band
from dropout_tui.text.rate_cells import axis_cells, label_cells, place_on_axis

__all__ = ["axis", "labels", "place_on_axis"]


def labels(width: int, band: Band | None) -> Content:
    """The labels of the ends of the axis and of the band's edges; see `label_cells`."""
    return Content(label_cells(width, band)).stylize("$foreground-muted")


def axis(
    width: int,
    band: Band,
    interval: tuple[float, float] | None = None,
    estimate: float | None = None,
    sequence: tuple[float, float] | None = None,
) -> Content:
    """The axis with what is drawn on it; see `axis_cells`."""
    return Content.assemble(*axis_cells(width, band, interval, estimate, sequence))
