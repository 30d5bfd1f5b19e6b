"""The lines above the matrix of a sweep: how far it is, and what it has cost."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from dropout_tui.presenters.sweep.status import SweepStatus
from dropout_tui.widgets.fitting import Item, fitting

_GAP = 3


class StatusLine(Widget):
    """As much of the status as there is room for, in one line or two."""

    DEFAULT_CSS = "StatusLine { height: 1; padding: 0 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._status: SweepStatus | None = None

    def show(self, status: SweepStatus) -> None:
        """Show how far the sweep is."""
        if status != self._status:
            self._status = status
            self.refresh()

    def render(self) -> Content:
        """The lines."""
        if self._status is None:
            return Content("")
        width, height = self.content_size
        return Content("\n").join(status_lines(self._status, width, height))


def status_lines(status: SweepStatus, width: int, height: int) -> list[Content]:
    """The status in so many lines of `width` cells, with the longest wording of the notice that leaves room for the
    rest of its line. Notice and stage are left out last."""
    first = [
        Item(Content.styled(status.stage, "bold"), 9),
        Item(Content(status.progress), 6),
    ]
    second = [
        Item(Content.styled(status.in_flight, "$text-accent"), 3),
        Item(Content(status.costs), 5),
        Item(Content.styled(status.left, "$foreground-muted"), 4),
    ]
    notices = [Item(Content.styled(words, "$text-warning"), 10) for words in status.notices]
    lines = [[*first, *second]] if height < 2 else [first, second]
    items = [item for item in lines[0] if item.content.plain]
    fits = (
        [*items, notice] for notice in notices if _cells([*items, notice]) <= width or notice is notices[-1]
    )
    whole = next(fits, items)
    others = [[item for item in line if item.content.plain] for line in lines[1:]]
    return [fitting(line, width, _GAP) for line in (whole, *others) if line]


def _cells(items: Sequence[Item]) -> int:
    return sum(item.content.cell_length for item in items) + _GAP * (len(items) - 1)
