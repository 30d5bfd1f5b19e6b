"""Two pass rates, one above the other on one axis, and their difference on an axis of its own."""

from __future__ import annotations

from textual.content import Content

from dropout_core.analysis.comparison.comparison import Comparison, Side
from dropout_core.statistics.difference import Difference, Direction
from dropout_core.values.words.percent import percent
from dropout_tui.text.numbers import percent_range
from dropout_tui.text.words.comparison import RATES, at_any_time, headline, task_of
from dropout_tui.widgets.evaluations.comparison_box import ComparisonBox
from dropout_tui.widgets.fitting import Item, fitting
from dropout_tui.widgets.rate_axis import axis, labels

_NUMBERS = 26
"""The cells for the numbers beside an axis."""
_NARROWEST_AXIS = 24
_INTERVAL = {
    Direction.HIGHER: "bold $text-success",
    Direction.LOWER: "bold $text-success",
    Direction.UNDECIDED: "bold $text-warning",
}


class RateComparison(ComparisonBox):
    """Rates with their intervals and bands, the difference with its interval, and what it means in a sentence."""

    BORDER_TITLE = "Pass rate"

    def lines_about(self, comparison: Comparison, width: int) -> list[Content]:
        """The lines of this box."""
        sides = (("A", comparison.first), ("B", comparison.second))
        across = width - _NUMBERS
        lines = []
        for letter, side in sides:
            lines.append(_title(letter, side, width))
        bands = {side.config.band for _, side in sides}
        if across >= _NARROWEST_AXIS:
            if len(bands) == 1:
                lines.append(labels(across, comparison.first.config.band))
            for letter, side in sides:
                drawn = axis(across, side.config.band, side.interval if side.graded else None, side.rate)
                lines.append(Content.assemble(drawn, " ", _numbers(letter, side)))
            lines.append(_difference_labels(across))
            lines.append(Content.assemble(difference_axis(across, comparison.rate), "  B − A, points"))
        else:
            lines += [_numbers(letter, side) for letter, side in sides]
        mark = RATES[comparison.rate.direction]
        sentence = Content.assemble((f"{mark.glyph} ", mark.colour), (headline(comparison), "bold"))
        lines += sentence.wrap(width)
        if comparison.at_any_time.estimate is not None:
            lines += Content.styled(at_any_time(comparison), "$foreground-muted").wrap(width)
        for caution in comparison.cautions:
            lines += Content.styled(f"! {caution}", "$text-warning").wrap(width)
        return lines


def _title(letter: str, side: Side, width: int) -> Content:
    return fitting(
        [
            Item(Content.assemble((letter, "bold $text-accent"), f" #{side.number}"), 3),
            Item(Content(task_of(side.config)), 2),
            Item(Content.styled(f"⊘ {side.void} void" if side.void else "", "$text-warning"), 1),
        ],
        width,
        gap=2,
    )


def _numbers(letter: str, side: Side) -> Content:
    if side.rate is None:
        return Content.assemble((letter, "bold $text-accent"), " nothing graded")
    count = f"{side.passed}/{side.graded}"
    return Content.assemble(
        (letter, "bold $text-accent"),
        (f" {percent(side.rate):>3} %", "bold"),
        (f"  {count:>7}  {percent_range(side.interval)}", "$foreground-muted"),
    )


def _difference_labels(width: int) -> Content:
    """−100, 0 and 100 above their places."""
    middle = (width - 1) // 2
    line = "−100".ljust(max(4, middle)) + "0"
    return Content(f"{line:<{max(0, width - 3)}}100" if width >= _NARROWEST_AXIS else "").stylize(
        "$foreground-muted"
    )


def difference_axis(width: int, found: Difference) -> Content:
    """An axis from −100 to 100 points, with the interval and the estimate of a difference."""

    def cell(fraction: float) -> int:
        return round((fraction + 1) / 2 * (width - 1))

    middle = (width - 1) // 2
    cells = [("·", "$foreground-disabled")] * width
    cells[middle] = ("│", "$foreground")
    if found.estimate is not None:
        first, last = cell(found.interval[0]), cell(found.interval[1])
        style = _INTERVAL[found.direction]
        for x in range(first, last + 1):
            cells[x] = ("├" if x == first else "┤" if x == last else "┼" if x == middle else "─", style)
        cells[cell(found.estimate)] = ("●", "bold $text-accent")
    return Content.assemble(*cells)
