"""The driver for terminals, with pastes read as plain text, that ends when the terminal is closed.

Textual writes in a thread with a short queue. When the terminal is gone that thread ends, the queue fills, and the
program waits for room for ever instead of ending on its SIGHUP.
"""

from __future__ import annotations

import os
from codecs import getincrementaldecoder
from collections.abc import Iterable
from contextlib import suppress
from io import TextIOWrapper
from selectors import EVENT_READ, SelectSelector
from typing import IO, Any

from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from dropout_tui.terminal.ascii_fallback import PLAIN_CELLS
from dropout_tui.terminal.paste_parser import PasteParser

_AT_ONCE = 1 << 16
"""Bytes read at once, so that a long paste comes in few pieces."""


class Outlet:
    """An output stream that drops what is written after the terminal has gone."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, if the terminal is still there."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, if the terminal is still there."""
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class HangupDriver(LinuxDriver):
    """Textual's driver for terminals, safe against hang-ups and hostile pastes."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if isinstance(self._file, TextIOWrapper):
            self._file.reconfigure(errors=PLAIN_CELLS)
        self._file: Any = Outlet(self._file)

    def run_input_thread(self) -> None:
        """Read keys and pastes until the program ends, or the terminal is gone."""
        parser = PasteParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        with suppress(OSError), SelectSelector() as selector:
            selector.register(self.fileno, EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(parser.patience):
                    data = os.read(self.fileno, _AT_ONCE)
                    if not data:
                        return
                    if text := decode(data):
                        self._pass_on(parser.feed(text))
                self._pass_on(parser.tick())

    def _pass_on(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)
