"""Reads pastes as plain text, whatever they contain.

Textual's parser takes what follows an escape character for keys, in a paste too, and reads each of its characters by
itself. Here a paste is taken out before it gets there: no control character in it reaches the program, and a long one
costs no more than finding its end.

Not every terminal takes the end mark out of what it pastes. What follows an end mark is therefore held until the
terminal has been quiet for a moment: when another end mark comes first, it was part of the paste.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable
from time import monotonic

from textual import events
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.message import Message
from textual.widget import Widget

LONGEST_PASTE = 10_000
"""Characters: a line to type in shows all it holds again with every key."""

QUIET = 0.05
"""Seconds without input after which a paste has ended: a terminal sends all of one at once."""
LONGEST_HOLD = 1.0
"""Seconds that keys wait at most when there is no quiet after a paste, as while a key is held down."""
_TYPED_MEANWHILE = 64
"""Characters: nobody types more in `LONGEST_HOLD`; more is the rest of a long paste."""

_KEPT = "\t\n"
_MARK = re.compile(f"{re.escape(BRACKETED_PASTE_START)}|{re.escape(BRACKETED_PASTE_END)}")
_DROPPED = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in _KEPT}


def harmless(text: str) -> str:
    """`text` without the characters that act on a terminal; every end of a line is ``"\\n"``."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_DROPPED)


class PasteParser(XTermParser):
    """Textual's parser of what a terminal sends, for which a paste is one event."""

    def __init__(self, debug: bool = False, *, clock: Callable[[], float] = monotonic) -> None:
        self._pieces: list[str] | None = None
        """The paste read so far; ``None`` outside of one."""
        self._last = ""
        """The end of the previous read, since a mark may be split between two reads."""
        self._held: str | None = None
        """Input held after a paste until the terminal is quiet; ``None`` once it was."""
        self._held_since = 0.0
        self._fed = False
        """Whether there was input since the last `tick`."""
        self._clock = clock
        super().__init__(debug)

    @property
    def patience(self) -> float:
        """Seconds to wait for input before `tick` is called."""
        return 2 * QUIET if self._held is None else QUIET

    def feed(self, data: str) -> Iterable[Message]:
        """Parse more input; empty input is the end."""
        self._fed = True
        if not data:
            yield from self._release()
            yield from super().feed(data)
        elif self._held is None:
            yield from self._read(data)
        else:
            yield from self._hold(self._held, data)

    def tick(self) -> Iterable[Message]:
        """Release what has been held long enough; called after each wait for input, with or without any."""
        quiet, self._fed = not self._fed, False
        if self._held is not None:
            typed = len(self._held) <= _TYPED_MEANWHILE and self._clock() - self._held_since >= LONGEST_HOLD
            if quiet or typed:
                yield from self._release()
        yield from super().tick()

    def _read(self, data: str) -> Iterable[Message]:
        while data:
            if self._pieces is None:
                before, data = self._up_to(BRACKETED_PASTE_START, data)
                yield from super().feed(before)
            else:
                data = yield from self._read_paste(self._pieces, data)
                if self._pieces is None:
                    self._held_since = self._clock()
                    yield from self._hold("", data)
                    return

    def _hold(self, held: str, data: str) -> Iterable[Message]:
        """Hold `data`; everything up to the last end mark in it belongs to the paste before."""
        start = max(len(held) - len(BRACKETED_PASTE_END) + 1, 0)
        held += data
        end = held.rfind(BRACKETED_PASTE_END, start)
        if end >= 0:
            pasted, held = held[:end], held[end + len(BRACKETED_PASTE_END) :]
            self._held_since = self._clock()
            yield events.Paste(harmless(_MARK.sub("", pasted)))
        self._held = held

    def _release(self) -> Iterable[Message]:
        held, self._held = self._held, None
        if held:
            yield from self._read(held)

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
        """Split `data` after `mark`; from there on the other mark is expected."""
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
    """The part of a paste that goes into a one-line field, and a note when that is not all of it."""
    line, _, rest = text.strip("\n").partition("\n")
    if len(line) > LONGEST_PASTE:
        return line[:LONGEST_PASTE], f"the first {LONGEST_PASTE:,} characters"
    return line, "the first line" if rest else ""


def takes_text(widget: Widget | None) -> bool:
    """Whether `widget` takes pasted text."""
    return hasattr(widget, "_on_paste") or hasattr(widget, "on_paste")
