"""The rows of a what-if, one a change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from dropout_core.analysis.what_if import WhatIf
from dropout_tui.text.what_if_words import HEADINGS, IN_BAND, RATE_IN_BAND, cells_of
from dropout_tui.widgets.vim_option_list import VimOptionList

_WIDTHS = (23, 9, 7, 7, 15)
"""Cells of all columns but the last."""
_MARKED = {IN_BAND, RATE_IN_BAND}


class ChangeList(VimOptionList):
    """Changes to choose from."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "select", "Set up", id="what_if.choose", tooltip="Set up an evaluation with this change"
        )
    ]

    def show(self, rows: Sequence[WhatIf], highlighted: int) -> None:
        """Show `rows`; `highlighted` is the one to be on."""
        self.fill([_line(row) for row in rows], highlighted)


def column_heads() -> Content:
    """What stands above the list."""
    return Content(_aligned(HEADINGS))


def _aligned(cells: Sequence[str]) -> str:
    """A line of the table; figures stand to the right."""
    name, passed, rate, interval, band, prompt = cells
    return (
        f"{name:<{_WIDTHS[0]}}{passed:>{_WIDTHS[1]}}{rate:>{_WIDTHS[2]}}{interval:>{_WIDTHS[3]}}"
        f"  {band:<{_WIDTHS[4]}}{prompt}"
    )


def _line(row: WhatIf) -> Content:
    cells = cells_of(row)
    return Content.styled(_aligned(cells), "$text-success" if cells[4] in _MARKED else "")
