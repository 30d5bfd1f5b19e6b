"""The rows of a what-if, one a change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from dropout_core.analysis.what_if import WhatIf
from dropout_tui.text.columns import GAP, aligned, column_widths
from dropout_tui.text.truncate import cut_in_the_middle
from dropout_tui.text.words.what_if import FIGURES, HEADINGS, IN_BAND, RATE_IN_BAND, cells_of
from dropout_tui.widgets.vim_option_list import VimOptionList

_LEAST_NAME = 12
"""Cells that the name of a change keeps, however narrow the list is."""
_BESIDE = 2
"""Cells of a line that are not for its text: the mark of the cursor, and the scrollbar."""
_MARKED = {IN_BAND, RATE_IN_BAND}


class ChangeList(VimOptionList):
    """Changes to choose from."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "select", "Set up", id="what_if.choose", tooltip="Set up an evaluation with this change"
        )
    ]

    class Fitted(Message):
        """The columns have other widths."""

        def __init__(self, heads: Content) -> None:
            super().__init__()
            self.heads = heads
            """What is to stand above the list."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[WhatIf] = ()

    def show(self, rows: Sequence[WhatIf], highlighted: int) -> None:
        """Show `rows`; `highlighted` is the one to be on."""
        self._rows = rows
        self._fit(highlighted)

    def on_resize(self) -> None:
        """Fit the columns into the new width."""
        self._fit()

    def _fit(self, highlighted: int | None = None) -> None:
        heads, *lines = change_lines(self._rows, self.region.width - _BESIDE)
        self.fill(lines, highlighted)
        self.post_message(self.Fitted(heads))


def change_lines(rows: Sequence[WhatIf], width: int) -> list[Content]:
    """The heads of the columns, and a line for each of `rows`; names are cut to what fits `width` cells."""
    table = [HEADINGS, *map(cells_of, rows)]
    longest, *others = column_widths(table)
    room = width - sum(len(GAP) + other for other in others)
    name = min(longest, max(room, _LEAST_NAME))
    widths = (name, *others)
    return [
        Content.styled(
            aligned((cut_in_the_middle(cells[0], name), *cells[1:]), widths, right=FIGURES),
            "$text-success" if cells[4] in _MARKED else "",
        )
        for cells in table
    ]
