"""A widget for text that grows at its end many times a second: only the new part is laid out."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from dropout_tui.presenters.incremental_wrap import IncrementalWrap


class ArrivingText(ScrollView, can_focus=True):
    """Wrapped text that is followed to its end while it grows, unless the reader has scrolled up."""

    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False, id="preview.down", tooltip="Scroll down"),
        Binding("k", "scroll_up", "Up", show=False, id="preview.up", tooltip="Scroll up"),
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
        self._growing = IncrementalWrap()

    def show(self, text: str, *, follow: bool, afresh: bool) -> None:
        """Show `text`. `follow`: it grows. `afresh`: it is another text, shown from its end or its beginning."""
        at_end = self.scroll_target_y >= self.max_scroll_y
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
        number, lines = self.scroll_offset.y + y, self._growing.lines
        segments = [Segment(lines[number], style)] if number < len(lines) else []
        return Strip(segments).adjust_cell_length(self.size.width, style)

    def on_resize(self) -> None:
        """Wrap anew."""
        at_end = self.scroll_target_y >= self.max_scroll_y
        self._lay_out()
        if self._follows and at_end:
            self._scroll(self.max_scroll_y)
        self.refresh()

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        self._growing.lay_out(self._text, width)
        if width > 0 and len(self._growing.lines) != self.virtual_size.height:
            self.virtual_size = Size(0, len(self._growing.lines))

    def _scroll(self, top: int) -> None:
        # Forced: the scrollbar that would allow it appears only with the next layout.
        self.scroll_to(y=top, animate=False, force=True)
