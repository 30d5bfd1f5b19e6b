"""An option list with vim keys that can be refilled in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Resize
from textual.strip import Strip
from textual.widgets import OptionList

CURSOR_MARK, CURSOR_ELSEWHERE = "▌", "▏"
"""The marks of the highlighted line, in a cell that every line leaves free for them: where the list has the focus, and
where another widget has it."""


class VimOptionList(OptionList):
    """A list of lines to choose from. Each line is `Content`, so nothing in it is read as markup."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="list.down", tooltip="One line down"),
        Binding("k", "cursor_up", "Up", show=False, id="list.up", tooltip="One line up"),
        Binding("g", "first", "First", show=False, id="list.first", tooltip="To the first line"),
        Binding("G,shift+g", "last", "Last", show=False, id="list.last", tooltip="To the last line"),
    ]

    DEFAULT_CSS = """
    VimOptionList {
        text-wrap: nowrap;
        text-overflow: ellipsis;
        scrollbar-size-vertical: 1;
        background: transparent;
        & > .option-list--option-highlighted {
            color: $foreground;
            background: $block-cursor-blurred-background 60%;
            text-style: none;
        }
        &:focus {
            background-tint: transparent;
            & > .option-list--option-highlighted {
                color: $foreground;
                background: $block-cursor-blurred-background;
                text-style: bold;
            }
        }
        &.-textual-compact > .option-list--option { padding: 0 0 0 1; }
        &:ansi:focus > .option-list--option-highlighted { text-style: reverse; }
    }
    """

    def __init__(
        self,
        *lines: Content,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(*lines, id=id, classes=classes, markup=False, compact=True)
        self._shown = list(lines)

    def render_line(self, y: int) -> Strip:
        """A line of an option; the highlighted one is marked, so that it shows without colour too, and whether keys
        move it."""
        strip = super().render_line(y)
        style = next((segment.style for segment in strip if segment.style is not None), None)
        # Textual stores in each line which option it belongs to.
        if style is None or self.highlighted is None or style.meta.get("option") != self.highlighted:
            return strip
        mark = CURSOR_MARK if self.has_focus else CURSOR_ELSEWHERE
        return Strip.join([Strip([Segment(mark, style)]), strip.crop(len(mark))])

    @on(Resize)
    def _keep_highlight_in_sight(self) -> None:
        self.call_after_refresh(self.scroll_to_highlight)

    def fill(self, lines: Sequence[Content], highlighted: int | None = None) -> None:
        """Show `lines`. The highlight and the scroll position stay if the number of lines does.

        `highlighted`, when given, is the line to highlight afterwards.
        """
        if len(lines) == len(self._shown):
            for index, (before, after) in enumerate(zip(self._shown, lines, strict=True)):
                if not after.is_same(before):
                    self.replace_option_prompt_at_index(index, after)
        else:
            kept = self.highlighted
            self.set_options(lines)
            self.highlighted = kept
        self._shown = list(lines)
        if highlighted is not None:
            self.highlighted = highlighted
