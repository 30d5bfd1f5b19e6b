"""One check in full: what it says, what was measured and expected, and its evidence drawn."""

from __future__ import annotations

from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from dropout_core.verdict import Check, CheckStatus
from dropout_tui.pictures.check_picture import check_picture
from dropout_tui.visible import visible_line
from dropout_tui.widgets.check_list import NOT_REACHED
from dropout_tui.words import mark_of_check


class CheckDetail(VerticalScroll):
    """The check the reader looks at, laid out anew when the room for it changes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False, id="detail.down", tooltip="Scroll down"),
        Binding("k", "scroll_up", "Up", show=False, id="detail.up", tooltip="Scroll up"),
        Binding("g", "scroll_home", "Top", show=False, id="detail.top", tooltip="To the beginning"),
        Binding("G,shift+g", "scroll_end", "End", show=False, id="detail.end", tooltip="To the end"),
    ]

    DEFAULT_CSS = """
    CheckDetail {
        padding: 0 1;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        & > Static { width: 1fr; }
    }
    """

    _text = getters.query_one(Static)

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Check | None, str] = (None, NOT_REACHED)
        self._room = (0, 0)

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
        else:
            mark = mark_of_check(check.status)
            word = unobserved if check.status is CheckStatus.NOT_REACHED else mark.word
            self.border_title = Content.assemble(
                (f"{mark.glyph} ", mark.colour), visible_line(check.title), f" · {word}"
            )
        self._lay_out()
        self.scroll_home(animate=False)

    def on_resize(self) -> None:
        """Lay out for the new size."""
        if self._room != self._size_of_room():
            self._lay_out()

    def _lay_out(self) -> None:
        self._room = self._size_of_room()
        check, _ = self._shown
        width, height = self._room
        if width:
            lines = [] if check is None else check_picture(check, width, height)
            self._text.update(Content("\n").join(lines))

    def _size_of_room(self) -> tuple[int, int]:
        return self.scrollable_content_region.width, self.size.height
