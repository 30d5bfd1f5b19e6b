"""How often each check fails, in any number of evaluations: a line a check, a column an evaluation."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList

from dropout_core.analysis.comparison.ranking import CheckAcross, Ranking
from dropout_tui.text.words.ranking import share_of, title_across
from dropout_tui.widgets.vim_option_list import VimOptionList

_BESIDE = 2
"""Cells of a line that are not for its text: the mark of the cursor, and the scrollbar."""
_LEAST_TITLE, _MOST_TITLE = 12, 28
_SHARE = len("100 %")


def columns_in_sight(count: int, chosen: int, room: int) -> range:
    """Which of `count` columns are shown where there is room for `room`, so that the chosen one is in the middle."""
    shown = max(1, min(count, room))
    first = max(0, min(chosen - shown // 2, count - shown))
    return range(first, first + shown)


def check_lines(ranking: Ranking, chosen: int, row: int, width: int) -> tuple[Content, list[Content]]:
    """The numbers of the evaluations, and a line for each check; the share at the line `row` in the column `chosen`
    is marked."""
    titles = [title_across(check, ranking) for check in ranking.checks]
    title = max(_LEAST_TITLE, min(_MOST_TITLE, width // 3, max(map(cell_len, titles), default=0)))
    numbers = [f"#{ranked.number}" for ranked in ranking.rows]
    cells = max(_SHARE, *map(len, numbers))
    sight = columns_in_sight(len(numbers), chosen, (width - title) // (cells + 1))
    more = len(numbers) > len(sight)
    where = f"{sight.start + 1}–{sight.stop} of {len(numbers)}" if more else ""
    heads = [
        Content.styled(
            f"{numbers[at]:>{cells}}", "bold $text-accent" if at == chosen else "bold $foreground-muted"
        )
        for at in sight
    ]
    head = Content.assemble(
        Content.styled(set_cell_size(where, title), "$foreground-muted"), " ", Content(" ").join(heads)
    )
    lines = []
    for at, (check, name) in enumerate(zip(ranking.checks, titles, strict=True)):
        shares = [_share(check, column, cells, marked=(at, column) == (row, chosen)) for column in sight]
        text = name if cell_len(name) <= title else set_cell_size(name, title - 1) + "…"
        styled = Content.styled(set_cell_size(text, title), "$foreground-muted" if check.beside_task else "")
        lines.append(Content.assemble(styled, " ", Content(" ").join(shares)))
    return head, lines


def _share(check: CheckAcross, column: int, cells: int, *, marked: bool) -> Content:
    failed, reached = check.shares[column]
    style = "$foreground-muted" if not failed else "$text-error" if failed / reached >= 0.5 else ""
    return Content.styled(
        f"{share_of(check.shares[column]):>{cells}}", f"{style} reverse" if marked else style
    )


class ChecksAcross(VimOptionList):
    """Shares of failures to choose from."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Runs", id="forest.runs", tooltip="Show the runs that fail this check there"),
        Binding("left,h", "column(-1)", "Left", show=False, id="forest.left", tooltip="One evaluation to the left"),
        Binding("right,l", "column(1)", "Right", show=False, id="forest.right", tooltip="One evaluation to the right"),
    ]  # fmt: skip

    class Fitted(Message):
        """The columns have other widths, or others are in sight."""

        def __init__(self, head: Content) -> None:
            super().__init__()
            self.head = head
            """What is to stand above the list."""

    class ColumnChosen(Message):
        """Another evaluation is chosen."""

        def __init__(self, column: int) -> None:
            super().__init__()
            self.column = column

    def __init__(self) -> None:
        super().__init__()
        self._ranking: Ranking | None = None
        self._column = 0

    def show(self, ranking: Ranking, column: int) -> None:
        """Show `ranking`, with the evaluation in the place `column` chosen."""
        self._ranking, self._column = ranking, column
        self._fit(self.highlighted or 0)

    def on_resize(self) -> None:
        """Fit the columns into the new width."""
        self._fit()

    @on(OptionList.OptionHighlighted)
    def _mark_share(self) -> None:
        """Mark the share in the new line."""
        self._fit()

    def action_column(self, by: int) -> None:
        """Choose another evaluation."""
        if self._ranking is not None:
            column = max(0, min(self._column + by, len(self._ranking.rows) - 1))
            if column != self._column:
                self._column = column
                self._fit()
                self.post_message(self.ColumnChosen(column))

    def _fit(self, highlighted: int | None = None) -> None:
        if self._ranking is not None:
            row = self.highlighted if highlighted is None else highlighted
            width = self.region.width - _BESIDE
            head, lines = check_lines(self._ranking, self._column, row or 0, width)
            self.fill(lines, highlighted if lines else None)
            self.post_message(self.Fitted(head))
