"""What an answer does that a person should look at, one line each."""

from __future__ import annotations

from collections.abc import Sequence

from textual.widgets import Static

from dropout_core.flag import Flag
from dropout_tui.words import line_of_flag


class FlagList(Static):
    """The flags of one attempt, in the order of their lines; not there when it has none."""

    DEFAULT_CSS = """
    FlagList {
        height: auto;
        max-height: 4;
        padding: 0 1;
        color: $text-warning;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        overflow-y: auto;
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.display = False

    def show(self, flags: Sequence[Flag]) -> None:
        """Show these."""
        self.display = bool(flags)
        self.update("\n".join(map(line_of_flag, flags)))
