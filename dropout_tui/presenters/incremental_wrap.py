"""Wraps a text that grows at its end: only the new part is laid out."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

from dropout_tui.text.sanitize import visible

BLOCK = 20_000
"""Characters of a piece. Of a long text only the last two pieces are laid out."""

_TAB = 4


class IncrementalWrap:
    """The wrapped lines of an arriving text, cheap enough to be updated twenty times a second."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        """The text so far, wrapped."""
        self._text = ""
        self._width = 0
        self._complete_lines = 0
        """How many of the wrapped lines come from complete lines of the text."""
        self._complete_text = 0
        """How many characters those complete lines have."""

    def lay_out(self, text: str, width: int) -> None:
        """Set `lines` to those of `text`, none wider than `width` cells. Cheap when `text` continues the last one."""
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
