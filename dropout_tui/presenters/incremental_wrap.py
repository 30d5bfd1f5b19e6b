"""The wrapped lines of a text that grows at its end: only the new part is laid out."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

from dropout_tui.text.sanitize import visible

BLOCK = 20_000
"""Of a long text the beginning is left out, in pieces of this many characters; the last two stay."""

_TAB = 4


class GrowingLines:
    """Lines that can be looked at as a text arrives, twenty times a second."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        """The text so far, wrapped."""
        self._text = ""
        self._width = 0
        self._complete_lines = 0
        """How many of the laid out lines come from complete lines of the text."""
        self._complete_text = 0
        """How many characters of the text those complete lines are."""

    def lay_out(self, text: str, width: int) -> None:
        """Make `lines` those of `text`, none wider than `width` cells. Cheap when `text` begins as the last one did."""
        text = text[max(0, len(text) // BLOCK - 1) * BLOCK :]
        if width != self._width or not text.startswith(self._text):
            self.lines, self._complete_lines, self._complete_text = [], 0, 0
        self._text, self._width = text, width
        if width <= 0:
            return
        del self.lines[self._complete_lines :]
        end = text.rfind("\n") + 1
        if end > self._complete_text:
            complete = visible(text[self._complete_text : end]).removesuffix("\n")
            self.lines += wrapped(complete, width)
            self._complete_lines, self._complete_text = len(self.lines), end
        if text[end:]:
            self.lines += wrapped(visible(text[end:]), width)


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
