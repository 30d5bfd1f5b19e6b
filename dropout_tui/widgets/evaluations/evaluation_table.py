"""The table of stored evaluations: only visible lines are drawn, so thousands cost no more than a page."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from dropout_tui.presenters.evaluations.stored_evaluation import Row, StoredEvaluation
from dropout_tui.widgets.evaluations.evaluation_row import (
    Column,
    Part,
    cells_of,
    columns_for,
    gap_at,
    header_of,
)
from dropout_tui.widgets.painted_lines import PaintedLines, strip_of

_CURSOR_MARK = "▌"
_MARGIN = 3
"""The cells before the first column: the cursor mark, the letter of a marked row, a blank."""
LETTERS = "AB"
"""The letters of two marked rows, in the order they were marked; a single one has the first."""
MARKED = "◆"
"""The sign of marked rows where there are more."""

Painted = tuple[Row, bool, str]
"""An evaluation, whether the cursor is on it, and its mark or a blank."""


@dataclass
class TableMessage(Message):
    """What an `EvaluationTable` tells."""

    table: EvaluationTable

    @property
    def control(self) -> EvaluationTable:
        """The table."""
        return self.table


class EvaluationTable(PaintedLines[Painted], can_focus=True, inherit_bindings=False):
    """One line for each evaluation, with a cursor that stays on its evaluation, and marked rows."""

    ALLOW_SELECT = False
    STYLES = "evaluation-table"
    BINDINGS = [
        Binding("enter", "open", "Open", id="history.open", tooltip="Open the highlighted evaluation"),
        Binding("space,m", "mark", "Mark", id="history.mark", tooltip="Mark it, to be compared"),
        Binding("M", "mark_all", "Mark all", show=False, id="history.mark_all",
                tooltip="Mark every evaluation that is shown, or none"),
        Binding("up,k", "move(-1)", "Up", show=False, id="history.up", tooltip="One up"),
        Binding("down,j", "move(1)", "Down", show=False, id="history.down", tooltip="One down"),
        Binding("home,g", "move_to_end(-1)", "First", show=False, id="history.first", tooltip="The newest"),
        Binding("end,G", "move_to_end(1)", "Last", show=False, id="history.last", tooltip="The oldest"),
        Binding("pageup,ctrl+b", "page(-1.0)", "Page up", show=False, id="history.page_up", tooltip="One page up"),
        Binding("pagedown,ctrl+f", "page(1.0)", "Page down", show=False, id="history.page_down",
                tooltip="One page down"),
        Binding("ctrl+u", "page(-0.5)", "Half up", show=False, id="history.half_up", tooltip="Half a page up"),
        Binding("ctrl+d", "page(0.5)", "Half down", show=False, id="history.half_down",
                tooltip="Half a page down"),
    ]  # fmt: skip

    COMPONENT_CLASSES = {
        "evaluation-table--header",
        "evaluation-table--cursor",
        "evaluation-table--mark",
        "evaluation-table--muted",
        "evaluation-table--rate",
        "evaluation-table--in",
        "evaluation-table--below",
        "evaluation-table--above",
        "evaluation-table--undecided",
        "evaluation-table--interrupted",
        "evaluation-table--running",
    }

    DEFAULT_CSS = """
    EvaluationTable {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .evaluation-table--header { color: $text-muted; text-style: bold; }
        & > .evaluation-table--cursor { background: $block-cursor-blurred-background 60%; }
        & > .evaluation-table--mark { color: $text-accent; text-style: bold; }
        & > .evaluation-table--muted { color: $text-muted; }
        & > .evaluation-table--rate { text-style: bold; }
        & > .evaluation-table--in { color: $text-success; }
        & > .evaluation-table--below { color: $text-warning; }
        & > .evaluation-table--above { color: $text-warning; }
        & > .evaluation-table--undecided { color: $text-muted; }
        & > .evaluation-table--interrupted { color: $text-warning; }
        & > .evaluation-table--running { color: $text-accent; }
        &:focus > .evaluation-table--cursor { background: $block-cursor-blurred-background; text-style: bold; }
        &:ansi > .evaluation-table--cursor { text-style: bold; }
        &:ansi:focus > .evaluation-table--cursor { text-style: reverse; }
    }
    """

    @dataclass
    class Highlighted(TableMessage):
        """The cursor moved to another evaluation, or to none."""

        row: Row | None

    @dataclass
    class Opened(TableMessage):
        """The user opens an evaluation."""

        row: Row

    @dataclass
    class Marked(TableMessage):
        """An evaluation was marked, or no longer is."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._rows: Sequence[Row] = ()
        self._longest_model = 0
        self._longest_label = 0
        self._empty = ""
        self._now = time.time()
        self._cursor = 0
        self._marked: list[int] = []
        self._click_moved_cursor = False
        self._cells: dict[int, list[Part]] = {}
        """The drawn line of each evaluation, by its number, at the width of `_columns`."""
        self._columns: tuple[Column, ...] = ()

    @property
    def selected(self) -> Row | None:
        """The highlighted evaluation; ``None`` when there are no rows."""
        return self._rows[self._cursor] if self._rows else None

    @property
    def marked(self) -> tuple[int, ...]:
        """The numbers of the marked evaluations, in the order they were marked."""
        return tuple(self._marked)

    def show(self, rows: Sequence[Row], now: float, *, empty: str) -> None:
        """Show these rows, in this order, or `empty` if there are none. The cursor stays on its evaluation."""
        at = self.selected
        self._rows, self._now, self._empty = rows, now, empty
        readable = [row for row in rows if isinstance(row, StoredEvaluation)]
        self._longest_model = max((cell_len(row.model) for row in readable), default=0)
        self._longest_label = max((cell_len(row.label) for row in readable), default=0)
        self._cells.clear()
        place = next((i for i, row in enumerate(rows) if at is not None and row.number == at.number), None)
        self._cursor = max(0, min(self._cursor if place is None else place, len(rows) - 1))
        self.virtual_size = Size(0, len(rows) + self.header_height)
        self.repaint_all()
        self.scroll_into_sight(self._cursor)
        if self.selected != at or not rows:
            self.post_message(self.Highlighted(self, self.selected))

    def forget(self, number: int) -> None:
        """Remove the mark of an evaluation."""
        if number in self._marked:
            self._marked.remove(number)
            self.repaint_changed()
            self.post_message(self.Marked(self))

    def reorder_marks(self, numbers: Sequence[int]) -> None:
        """Reassign the letters of the marked evaluations in this order; others are not marked."""
        self._marked = [number for number in numbers if number in self._marked]
        self.repaint_changed()

    def action_mark(self) -> None:
        """Mark the highlighted evaluation, or remove its mark."""
        if not isinstance(self.selected, StoredEvaluation):
            return
        number = self.selected.number
        if number in self._marked:
            self._marked.remove(number)
        else:
            self._marked.append(number)
        self.repaint_changed()
        self.post_message(self.Marked(self))

    def action_mark_all(self) -> None:
        """Mark every evaluation that is shown and can be read; when all are marked, remove all marks."""
        shown = [row.number for row in self._rows if isinstance(row, StoredEvaluation)]
        unmarked = [number for number in shown if number not in self._marked]
        self._marked = [*self._marked, *unmarked] if unmarked else []
        self.repaint_changed()
        self.post_message(self.Marked(self))

    def action_move(self, rows: int) -> None:
        """Move the cursor by some rows."""
        self._move_cursor(self._cursor + rows)

    def action_move_to_end(self, direction: int) -> None:
        """Move the cursor to the first or the last row."""
        self._move_cursor(0 if direction < 0 else len(self._rows) - 1)

    def action_page(self, pages: float) -> None:
        """Move the cursor by pages."""
        rows = max(1, int(abs(pages) * self.lines_in_sight))
        self._move_cursor(self._cursor + (rows if pages > 0 else -rows))

    def action_open(self) -> None:
        """Ask for the highlighted evaluation to be opened."""
        if self.selected is not None:
            self.post_message(self.Opened(self, self.selected))

    @property
    def line_count(self) -> int:
        """Evaluations."""
        return len(self._rows)

    def line_at(self, y: int) -> Painted | None:
        """The content of the line `y` cells below the top."""
        index = self.index_at(y)
        if index is None:
            return None
        row = self._rows[index]
        return row, index == self._cursor, self._mark_of(row.number)

    def _mark_of(self, number: int) -> str:
        if number not in self._marked:
            return " "
        return LETTERS[self._marked.index(number)] if len(self._marked) <= len(LETTERS) else MARKED

    def render_line(self, y: int) -> Strip:
        """One line of the table, `y` lines below its top."""
        width = self.size.width
        base = self.visual_style.rich_style
        # The size includes the scrollbar, which covers the last cells.
        inner = self.scrollable_content_region.width - _MARGIN
        columns, gap = columns_for(inner, self._longest_model, self._longest_label), gap_at(inner)
        if y < self.header_height:
            style = self.style_of("header")
            return strip_of([Segment(" " * _MARGIN + header_of(columns, gap), style)], width, style)
        line = self.line_at(y)
        if line is None:
            self.painted.pop(y, None)
            said = f" {self._empty}" if not self._rows and y == self.header_height else ""
            return strip_of([Segment(said, self.style_of("muted"))] if said else [], width, base)
        self.painted[y] = line
        row, at_cursor, mark = line
        if at_cursor:
            base = self.style_of("cursor")
        parts = [(f"{_CURSOR_MARK if at_cursor else ' '}{mark} ", "mark"), *self._cells_of(row, columns, gap)]
        return strip_of(
            [Segment(text, self.style_of(kind, base) if kind else base) for text, kind in parts], width, base
        )

    def _cells_of(self, row: Row, columns: tuple[Column, ...], gap: int) -> list[Part]:
        if columns != self._columns:
            self._columns = columns
            self._cells.clear()
        cells = self._cells.get(row.number)
        if cells is None:
            cells = self._cells[row.number] = cells_of(row, columns, gap, self._now)
        return cells

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self.virtual_size = Size(0, len(self._rows) + self.header_height)
        self.scroll_into_sight(self._cursor)

    async def on_click(self, event: events.Click) -> None:
        """The first click on a row highlights it, the next opens it; a click beside it marks it."""
        offset = event.get_content_offset(self)
        index = None if offset is None else self.index_at(offset.y)
        if offset is None or index is None:
            return
        moves = index != self._cursor
        if moves:
            self._move_cursor(index)
        if offset.x < _MARGIN:
            self.action_mark()
        elif not moves and (event.chain == 1 or self._click_moved_cursor):
            self.action_open()
        self._click_moved_cursor = moves

    def _move_cursor(self, index: int) -> None:
        index = max(0, min(index, len(self._rows) - 1))
        before, self._cursor = self._cursor, index
        self.repaint_index(before)
        self.repaint_index(index)
        self.scroll_into_sight(index)
        if index != before:
            self.post_message(self.Highlighted(self, self.selected))
