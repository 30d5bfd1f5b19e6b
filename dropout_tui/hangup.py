"""A terminal that is closed while the dashboard is on it.

Textual writes in a thread with a short queue. When the terminal is gone that thread ends, the queue fills, and the
program waits for room for ever instead of ending on its SIGHUP.
"""

from __future__ import annotations

from contextlib import suppress
from typing import IO, Any

from textual.drivers.linux_driver import LinuxDriver


class Outlet:
    """A stream that takes what the terminal no longer does."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, if there is still someone to read it."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Pass on what was written, if there is still someone to read it."""
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class HangupDriver(LinuxDriver):
    """Textual's driver for terminals, for one that may be closed."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._file: Any = Outlet(self._file)

    def run_input_thread(self) -> None:
        """Read keys until the program ends, or the terminal is gone."""
        with suppress(OSError):
            super().run_input_thread()
