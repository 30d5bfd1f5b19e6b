"""The title of the terminal's window."""

from __future__ import annotations

from collections.abc import Callable

from dropout_tui.text.sanitize import visible_line

NAME = "dropout-tui"
# Window manipulation of xterm (CSI 22 and 23): terminals without it ignore both.
_KEEP = "\x1b[22;0t"
_GIVE_BACK = "\x1b[23;0t"


class TerminalTitle:
    """Sets the title through `write`, and restores the old one."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._shown = ""

    def show(self, title: str) -> None:
        """Show `title`, if it is not shown already."""
        title = visible_line(title)
        if title == self._shown:
            return
        if not self._shown:
            self._write(_KEEP)
        self._write(f"\x1b]2;{title}\x07")
        self._shown = title

    def restore(self) -> None:
        """Restore the title that was there before."""
        if self._shown:
            self._write(_GIVE_BACK)
            self._shown = ""
