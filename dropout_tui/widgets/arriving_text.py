"""Text that grows at its end, twenty times a second: only the new part is laid out."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from dropout_tui.visible import visible

BLOCK = 20_000
"""Of a long text the beginning is left out, in pieces of this many characters; the last two stay."""

_TAB = 4


class ArrivingText(ScrollView, can_focus=True):
    """Wrapped text that is followed to its end while it grows, unless the reader has scrolled up."""

    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False, id="preview.down", tooltip="Scroll down"),
        Binding("k", "scroll_up", "Up", show=False, id="preview.up", tooltip="Scroll up"),
        Binding("g", "scroll_home", "Top", show=False, id="preview.top", tooltip="To the beginning"),
        Binding("G", "scroll_end", "End", show=False, id="preview.end", tooltip="To the end, and follow it"),
    ]

    DEFAULT_CSS = """
    ArrivingText {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._text = ""
        self._follows = False
        self._lines: list[str] = []
        self._complete_lines = 0
        """How many of the laid out lines come from complete lines of the text."""
        self._complete_text = 0
        """How many characters of the text those complete lines are."""

    def show(self, text: str, *, follow: bool, afresh: bool) -> None:
        """Show `text`. `follow`: it grows. `afresh`: it is another text, shown from its end or its beginning."""
        at_end = self.scroll_target_y >= self.max_scroll_y
        text = text[max(0, len(text) // BLOCK - 1) * BLOCK :]
        if afresh or not text.startswith(self._text):
            self._forget_layout()
        self._text, self._follows = text, follow
        self._lay_out()
        if afresh:
            self._scroll(self.max_scroll_y if follow else 0)
        elif follow and at_end:
            self._scroll(self.max_scroll_y)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line, `y` lines below the top of what is in sight."""
        style = self.visual_style.rich_style
        number = self.scroll_offset.y + y
        segments = [Segment(self._lines[number], style)] if number < len(self._lines) else []
        return Strip(segments).adjust_cell_length(self.size.width, style)

    def on_resize(self) -> None:
        """Wrap anew."""
        at_end = self.scroll_target_y >= self.max_scroll_y
        self._forget_layout()
        self._lay_out()
        if self._follows and at_end:
            self._scroll(self.max_scroll_y)
        self.refresh()

    def _forget_layout(self) -> None:
        self._lines, self._complete_lines, self._complete_text = [], 0, 0

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        if width <= 0:
            return
        del self._lines[self._complete_lines :]
        end = self._text.rfind("\n") + 1
        if end > self._complete_text:
            complete = visible(self._text[self._complete_text : end]).removesuffix("\n")
            self._lines += wrapped(complete, width)
            self._complete_lines, self._complete_text = len(self._lines), end
        if self._text[end:]:
            self._lines += wrapped(visible(self._text[end:]), width)
        if len(self._lines) != self.virtual_size.height:
            self.virtual_size = Size(0, len(self._lines))

    def _scroll(self, top: int) -> None:
        # Forced, because the scrollbar that would allow it appears only with the next layout.
        self.scroll_to(y=top, animate=False, force=True)


def wrapped(text: str, width: int) -> list[str]:
    """The lines of `text`, none of them wider than `width` cells; tabs become blanks."""
    lines: list[str] = []
    for line in text.split("\n"):
        line = line.expandtabs(_TAB)
        if cell_len(line) <= width:
            lines.append(line)
        else:
            lines += [part.plain for part in Content(line).wrap(width)]
    return lines
