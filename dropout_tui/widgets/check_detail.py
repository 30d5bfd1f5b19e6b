"""One check in full: what it says, what was measured, what was expected."""

from __future__ import annotations

from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from dropout_core.verdict import Check, CheckStatus
from dropout_tui.visible import visible, visible_line
from dropout_tui.widgets.check_list import NOT_REACHED
from dropout_tui.words import mark_of_check


class CheckDetail(VerticalScroll):
    """The check the reader looks at."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False, id="detail.down", tooltip="One line down"),
        Binding("k", "scroll_up", "Up", show=False, id="detail.up", tooltip="One line up"),
    ]

    DEFAULT_CSS = """
    CheckDetail {
        padding: 0 1;
        scrollbar-size-vertical: 1;
    }
    """

    _text = getters.query_one(Static)

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Check | None, str] = (None, NOT_REACHED)

    def compose(self) -> ComposeResult:
        """The text of the check."""
        yield Static(markup=False)

    def show(self, check: Check | None, *, unobserved: str = NOT_REACHED) -> None:
        """Show `check` from its beginning, or nothing. One that was not reached reads `unobserved`."""
        if (check, unobserved) == self._shown:
            return
        self._shown = (check, unobserved)
        if check is None:
            self.border_title = None
            self._text.update(Content())
            return
        mark = mark_of_check(check.status)
        word = unobserved if check.status is CheckStatus.NOT_REACHED else mark.word
        title = Content.assemble((f"{mark.glyph} ", mark.colour), visible_line(check.title), f" · {word}")
        self.border_title = title
        self._text.update(detail_of(check))
        self.scroll_home(animate=False)


def detail_of(check: Check) -> Content:
    """The message, and the two values under it where there are any."""
    style = mark_of_check(check.status).colour if check.status is CheckStatus.FAILED else ""
    lines = [Content.styled(visible(check.message), style)]
    for name, value in (("measured", check.measured), ("expected", check.expected)):
        if value is not None:
            lines.append(Content.assemble((f"{name}  ", "dim"), visible(value)))
    return Content("\n").join(lines)
