"""A terminal that may go away: its window is closed, or the connection breaks."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, TextIO

from textual.drivers.linux_driver import LinuxDriver


class LastingDriver(LinuxDriver):
    """Textual's driver, without its wait for a terminal that is gone.

    Its output thread ends at the first write that fails, and whatever paints next waits for it for ever: the
    program would outlive its window, holding its evaluation.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if self._file is not None:
            self._file = _Lasting(self._file)  # type: ignore[assignment]


class _Lasting:
    """A file that swallows what cannot be written any more."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()
