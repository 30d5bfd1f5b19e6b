"""The list of flags: what in an answer a person should look at."""

from __future__ import annotations

from collections.abc import Sequence

from textual.widgets import Static

from dropout_core.verdict.flag import Flag
from dropout_tui.text.labels import FLAG, line_of_flag

_LINES = ((32, 8), (20, 3), (0, 1))
"""The most lines, by the least height of the screen."""


class FlagList(Static):
    """The flags of one attempt, a line for each kind; hidden when it has none."""

    DEFAULT_CSS = """
    FlagList { height: auto; padding: 0 1; color: $text-warning; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._flags: Sequence[Flag] = ()
        self.display = False

    def show(self, flags: Sequence[Flag]) -> None:
        """Show these flags."""
        if flags != self._flags:
            self._flags = flags
            self.display = bool(flags)
            self.draw()

    def draw(self) -> None:
        """Draw as many lines as the screen has room for."""
        room = next(lines for height, lines in _LINES if self.app.size.height >= height)
        self.update("\n".join(lines_of_flags(self._flags, room)))


def lines_of_flags(flags: Sequence[Flag], room: int) -> list[str]:
    """A line for each kind: its first flag whole, and the lines of the others; at most `room`."""
    kinds: dict[str, list[Flag]] = {}
    for flag in flags:
        kinds.setdefault(flag.id, []).append(flag)
    lines = [f"{line_of_flag(first)}{_also(others)}" for first, *others in kinds.values()]
    if len(lines) <= room:
        return lines
    if room == 1:
        return [f"{lines[0]}, and {len(lines) - 1} more"]
    left = len(lines) - room + 1
    return [*lines[: room - 1], f"{FLAG} and {left} more kinds: {', '.join(list(kinds)[room - 1 :])}"]


def _also(others: Sequence[Flag]) -> str:
    numbers = [str(flag.line) for flag in others if flag.line is not None]
    return f"; also line{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}" if numbers else ""
