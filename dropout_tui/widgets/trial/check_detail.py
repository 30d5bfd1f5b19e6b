"""One check in full: what it says, what was measured and expected, and its evidence drawn."""

from __future__ import annotations

from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from dropout_core.verdict.verdict import Check, CheckStatus
from dropout_tui.pictures.check_picture import check_picture
from dropout_tui.text.labels import mark_of_check
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.trial.check_list import NOT_REACHED


class CheckPicture(Widget):
    """The picture of a check, drawn for its current size."""

    DEFAULT_CSS = """
    CheckPicture { width: 1fr; height: auto; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._check: Check | None = None
        self._drawn: tuple[int, int, Content] | None = None

    def show(self, check: Check | None) -> None:
        """Show `check`, or nothing."""
        self._check, self._drawn = check, None
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """The height of the picture at that width."""
        content = self._picture(width, container.height)
        return content.get_height({}, width) if content else 0

    def render(self) -> Content:
        """The picture whose height was measured; nothing before that."""
        height = 0 if self._drawn is None else self._drawn[1]
        return self._picture(self.content_size.width, height)

    def _picture(self, width: int, height: int) -> Content:
        if self._drawn is None or self._drawn[:2] != (width, height):
            lines = [] if self._check is None or width < 1 else check_picture(self._check, width, height)
            self._drawn = width, height, Content("\n").join(lines)
        return self._drawn[2]


class CheckDetail(VerticalScroll):
    """The detail of the highlighted check."""

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
    }
    """

    _picture = getters.query_one(CheckPicture)

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Check | None, str] = (None, NOT_REACHED)

    def compose(self) -> ComposeResult:
        """The picture of the check."""
        yield CheckPicture()

    def show(self, check: Check | None, *, unobserved: str = NOT_REACHED) -> None:
        """Show `check` from its beginning, or nothing. One that was not reached shows `unobserved`."""
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
        self._picture.show(check)
        self.scroll_home(animate=False)
