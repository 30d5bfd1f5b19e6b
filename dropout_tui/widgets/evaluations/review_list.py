"""The lines of an author's checklist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from dropout_core.analysis.review.review import Met, ReviewLine
from dropout_core.reports.review_markdown import GLYPHS
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.vim_option_list import VimOptionList

COLOURS = {Met.MET: "$text-success", Met.NOT_MET: "$text-error", Met.NOT_SHOWN: "$foreground-muted"}
_WIDEST = max(len(met) for met in Met)


class ReviewList(VimOptionList):
    """Lines to choose from."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Runs", id="review.runs", tooltip="The runs behind this line")
    ]

    def show(self, lines: Sequence[ReviewLine]) -> None:
        """Show `lines`. The cursor stays where it is."""
        self.fill([line_of(line) for line in lines], self.highlighted or 0)


def line_of(line: ReviewLine) -> Content:
    """A line of the checklist: its sign, its word and what is asked."""
    colour = COLOURS[line.met]
    return Content.assemble((f"{GLYPHS[line.met]} {line.met:<{_WIDEST}}  ", colour), visible_line(line.title))
