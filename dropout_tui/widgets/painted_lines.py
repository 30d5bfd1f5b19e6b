"""A widget of lines drawn from values, which repaints only those whose values changed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable
from typing import Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip

Shown = TypeVar("Shown")


class PaintedLines(ScrollView, Generic[Shown], inherit_bindings=False):
    """A header, if there is room for one, over lines that scroll. It remembers what each line showed.

    A subclass gives the value of each line, and notes in `painted` what it drew.
    """

    STYLES = ""
    """The prefix of its component classes."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.painted: dict[int, Shown] = {}
        """The value on screen, by lines below the top."""
        self._styles: dict[tuple[str, Hashable], Style] = {}

    @abstractmethod
    def line_at(self, y: int) -> Shown | None:
        """The value of the line `y` cells below the top; ``None`` below the last one."""

    @property
    @abstractmethod
    def line_count(self) -> int:
        """How many lines there are, without the header."""

    @property
    def header_height(self) -> int:
        """One line, except where every line is needed."""
        return 1 if self.size.height > 2 else 0

    @property
    def lines_in_sight(self) -> int:
        """How many lines are visible at once."""
        return max(1, self.size.height - self.header_height)

    def index_at(self, y: int) -> int | None:
        """The line `y` cells below the top; ``None`` above and below the lines."""
        index = self.scroll_offset.y + y - self.header_height
        return index if 0 <= index < self.line_count else None

    def style_of(self, kind: str, base: Style | None = None) -> Style:
        """The style of a component class, or only its colour and weight laid over `base`."""
        if (kind, base) not in self._styles:
            style = self.get_component_rich_style(f"{self.STYLES}--{kind}")
            if base is not None:
                # Reversing many colours would give a line of many backgrounds.
                style = (
                    base if base.reverse else base + Style(color=style.color, bold=style.bold or base.bold)
                )
            self._styles[kind, base] = style
        return self._styles[kind, base]

    def notify_style_update(self) -> None:
        """Repaint in the new colours."""
        super().notify_style_update()
        self._styles.clear()
        self.repaint_all()

    def repaint_all(self) -> None:
        """Paint every line again."""
        self.painted.clear()
        self.refresh()

    def repaint_index(self, index: int) -> None:
        """Paint one line again, if it is visible."""
        self._repaint(index - self.scroll_offset.y + self.header_height)

    def repaint_changed(self) -> None:
        """Paint the visible lines whose values changed."""
        for y in range(self.header_height, self.size.height):
            if self.line_at(y) != self.painted.get(y):
                self._repaint(y)

    def scroll_top_to(self, index: float) -> None:
        """Scroll so that the line at `index` is the first, as far as there are lines."""
        top = max(0, min(index, self.line_count - self.lines_in_sight))
        # Forced: the scrollbar that would allow it appears only with the next layout.
        self.scroll_to(y=top, animate=False, force=True)

    def scroll_into_sight(self, index: int) -> None:
        """Scroll as little as possible to make the line at `index` visible."""
        last_top = index - self.lines_in_sight + 1
        top = min(max(self.scroll_target_y, last_top), index)
        if self.size.height and top != self.scroll_target_y:
            self.scroll_top_to(top)

    def _repaint(self, y: int) -> None:
        if self.header_height <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))


def strip_of(segments: list[Segment], width: int, style: Style) -> Strip:
    """A line of exactly `width` cells."""
    return Strip(segments).adjust_cell_length(width, style)
