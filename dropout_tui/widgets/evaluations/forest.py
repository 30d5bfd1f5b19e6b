"""The pass rates of any number of evaluations, one a line, each drawn with its interval against the band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from dropout_core.analysis.comparison.ranking import Ranked, Ranking
from dropout_tui.text.truncate import cut_in_the_middle
from dropout_tui.text.words.ranking import count_of, decision_of, interval_of, labels_of, rate_of
from dropout_tui.widgets.rate_axis import axis, labels
from dropout_tui.widgets.vim_option_list import VimOptionList

BASE = "A"
"""The letter of the evaluation that another is compared with."""
_BESIDE = 2
"""Cells of a line that are not for its text: the mark of the cursor, and the scrollbar."""
_RATE, _INTERVAL = 5, 6
_LEAST_LABEL, _MOST_LABEL = 14, 60
_LEAST_AXIS = 12
_GOOD_AXIS = 24


@dataclass(frozen=True, slots=True)
class ForestColumns:
    """The cells of each column; 0 where there is no room for it."""

    number: int
    label: int
    axis: int
    rate: int
    interval: int
    count: int
    decision: int

    @property
    def taken(self) -> int:
        """All of them, with a cell between two, and the letter of the base before the first."""
        shown = [cells for cells in _widths(self) if cells]
        return len(BASE) + sum(shown) + len(shown)


def forest_columns(ranking: Ranking, width: int) -> ForestColumns:
    """The columns that fit `width` cells: first the label is cut, then the word of the decision, the count, the
    interval and the axis go. What room there is the label takes as far as it needs it, and the axis takes the rest."""
    rows = ranking.rows
    longest = min(_MOST_LABEL, max(map(cell_len, labels_of(ranking))))
    words = max(cell_len(str(decision_of(row))) for row in rows)
    number = max(len(f"#{row.number}") for row in rows)
    count = max(len(count_of(row)) for row in rows)
    short = min(longest, _LEAST_LABEL)
    wished = (
        ForestColumns(number, longest, _GOOD_AXIS * 2, _RATE, _INTERVAL, count, words),
        ForestColumns(number, short, _GOOD_AXIS, _RATE, _INTERVAL, count, words),
        ForestColumns(number, short, _GOOD_AXIS, _RATE, _INTERVAL, count, 1),
        ForestColumns(number, short, _LEAST_AXIS, _RATE, _INTERVAL, 0, 1),
        ForestColumns(number, short, _LEAST_AXIS, _RATE, 0, 0, 1),
        ForestColumns(number, 0, 0, _RATE, 0, 0, 1),
    )
    chosen = next((columns for columns in wished if columns.taken <= width), wished[-1])
    room = max(0, width - chosen.taken)
    label = min(longest, chosen.label + room) if chosen.label else 0
    room -= label - chosen.label
    return ForestColumns(
        number,
        label,
        chosen.axis + room if chosen.axis else 0,
        chosen.rate,
        chosen.interval,
        chosen.count,
        chosen.decision,
    )


def forest_lines(ranking: Ranking, base: int, width: int) -> tuple[Content, list[Content]]:
    """The scale above the axes, and a line for each evaluation; the one at `base` has a letter."""
    columns = forest_columns(ranking, width)
    before = " " * (len(BASE) + 1 + columns.number + 1 + (columns.label + 1 if columns.label else 0))
    scale = labels(columns.axis, ranking.band) if columns.axis else Content("")
    named = zip(ranking.rows, labels_of(ranking), strict=True)
    lines = [_line(row, label, at == base, columns) for at, (row, label) in enumerate(named)]
    return Content.assemble(before, scale), lines


def _line(row: Ranked, label: str, is_base: bool, columns: ForestColumns) -> Content:
    side, mark = row.side, decision_of(row)
    interval = side.interval if side.graded else None
    drawn = axis(columns.axis, side.config.band, interval, side.rate) if columns.axis else Content("")
    label = cut_in_the_middle(label, columns.label)
    decision = str(mark) if columns.decision > 1 else mark.glyph
    cells = (
        Content.styled(f"{f'#{row.number}':>{columns.number}}", "$foreground-muted"),
        Content(set_cell_size(label, columns.label)),
        drawn,
        Content.styled(f"{rate_of(row):>{columns.rate}}", "bold"),
        Content.styled(f"{interval_of(row):>{columns.interval}}", "$foreground-muted"),
        Content.styled(f"{count_of(row):>{columns.count}}", "$foreground-muted"),
        Content.styled(decision, mark.colour),
    )
    shown = [cell for cell, room in zip(cells, _widths(columns), strict=True) if room]
    return Content.assemble((BASE if is_base else " ", "bold $text-accent"), " ", Content(" ").join(shown))


def _widths(columns: ForestColumns) -> tuple[int, ...]:
    return (
        columns.number,
        columns.label,
        columns.axis,
        columns.rate,
        columns.interval,
        columns.count,
        columns.decision,
    )


class Forest(VimOptionList):
    """Evaluations to choose from, the highest rate first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "select", "Open", id="forest.open", tooltip="Open this evaluation with everything it had"
        )
    ]

    class Fitted(Message):
        """The columns have other widths."""

        def __init__(self, scale: Content) -> None:
            super().__init__()
            self.scale = scale
            """What is to stand above the list."""

    def __init__(self) -> None:
        super().__init__()
        self._ranking: Ranking | None = None
        self._base = 0

    def show(self, ranking: Ranking, base: int) -> None:
        """Show `ranking`; the evaluation in the place `base` has the letter."""
        self._ranking, self._base = ranking, base
        self._fit(self.highlighted or 0)

    def on_resize(self) -> None:
        """Fit the columns into the new width."""
        self._fit()

    def _fit(self, highlighted: int | None = None) -> None:
        if self._ranking is not None:
            scale, lines = forest_lines(self._ranking, self._base, self.region.width - _BESIDE)
            self.fill(lines, highlighted)
            self.post_message(self.Fitted(scale))
