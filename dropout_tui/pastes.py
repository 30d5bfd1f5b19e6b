"""Pastes as text, whatever they hold.

Textual's parser takes what follows an escape character for keys, in a paste too, and reads each of its characters by
itself. Here a paste is taken out before it gets there: no control character in it reaches the program, and a long one
costs no more than finding its end.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable

from textual import events
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.message import Message
from textual.widget import Widget

LONGEST_PASTE = 10_000
"""Characters: a line to type in shows all it holds again with every key."""

_KEPT = "\t\n"
_DROPPED = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in _KEPT}


def harmless(text: str) -> str:
    """`text` without the characters that act on a terminal; every end of a line is ``"\\n"``."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_DROPPED)


class PasteParser(XTermParser):
    """Textual's parser of what a terminal sends, for which a paste is one event."""

    def __init__(self, debug: bool = False) -> None:
        self._pieces: list[str] | None = None
        """What has been read of a paste; ``None`` outside of one."""
        self._last = ""
        """The end of what was read before: a mark may come in two reads."""
        super().__init__(debug)

    def feed(self, data: str) -> Iterable[Message]:
        """Read on; nothing to read is the end of all input."""
        if not data:
            yield from super().feed(data)
        while data:
            if self._pieces is None:
                before, data = self._up_to(BRACKETED_PASTE_START, data)
                yield from super().feed(before)
            else:
                data = yield from self._read_paste(self._pieces, data)

    def _read_paste(self, pieces: list[str], data: str) -> Generator[Message, None, str]:
        piece, rest = self._up_to(BRACKETED_PASTE_END, data)
        pieces.append(piece)
        if self._pieces is None:
            text = "".join(pieces).removesuffix(BRACKETED_PASTE_END)
            # The parser beneath has seen the beginning, and nothing else, of the paste.
            for _ in super().feed(BRACKETED_PASTE_END):
                pass
            yield events.Paste(harmless(text))
        return rest

    def _up_to(self, mark: str, data: str) -> tuple[str, str]:
        """`data` up to the end of `mark`, and what follows it. Past the mark it is the other one that counts."""
        seen = self._last + data
        place = seen.find(mark)
        if place < 0:
            self._last = seen[-len(mark) + 1 :]
            return data, ""
        end = place + len(mark) - len(self._last)
        self._last = ""
        self._pieces = [] if self._pieces is None else None
        return data[:end], data[end:]


def one_line(text: str) -> tuple[str, str]:
    """What of a paste goes into a line to type in, and in words what that is when it is not all of it."""
    line, _, rest = text.strip("\n").partition("\n")
    if len(line) > LONGEST_PASTE:
        return line[:LONGEST_PASTE], f"the first {LONGEST_PASTE:,} characters"
    return line, "the first line" if rest else ""


def takes_text(widget: Widget | None) -> bool:
    """Whether a paste means anything to `widget`."""
    return hasattr(widget, "_on_paste") or hasattr(widget, "on_paste")
