"""The matrix of a sweep: a cursor over its cells, of which only those in sight are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from dropout_tui.presenters.sweep.cell_figures import (
    NARROWEST,
    CellFigures,
    CellWidths,
    Part,
    one_line,
    three_lines,
    widths_of,
)
from dropout_tui.presenters.sweep.matrix_layout import MatrixLayout
from dropout_tui.text.sanitize import visible_line
from dropout_tui.text.truncate import cut_in_the_middle
from dropout_tui.widgets.painted_lines import PaintedLines, strip_of

_CURSOR_MARK = "▌"
_GAP = 1
"""Between two columns; the mark of the cursor takes one more."""
_LABEL_SHARE = 4
"""The labels of the rows take this part of the width at the most."""
_LEAST_LABEL = 12
_BREADTH = 28
"""The most that a column of three-line cells takes, however wide the screen is."""

Painted = tuple[tuple[str, ...], int, tuple[CellFigures | None, ...], int]
"""The labels of a row, which of its lines, the figures in sight, and the column of the cursor or -1."""


class SweepMatrix(PaintedLines[Painted], can_focus=True, inherit_bindings=False):
    """One row for each value of the longest axis, one column for each of the next."""

    ALLOW_SELECT = False
    STYLES = "sweep-matrix"
    BINDINGS = [
        Binding("enter", "open", "Open", id="sweep.open", tooltip="Open the evaluation of the cell under the cursor"),
        Binding("up,k", "move(-1, 0)", "Up", show=False, id="sweep.up", tooltip="One cell up"),
        Binding("down,j", "move(1, 0)", "Down", show=False, id="sweep.down", tooltip="One cell down"),
        Binding("left,h", "move(0, -1)", "Left", show=False, id="sweep.left", tooltip="One cell to the left"),
        Binding("right,l", "move(0, 1)", "Right", show=False, id="sweep.right", tooltip="One cell to the right"),
        Binding("home,g", "move_to_end(-1)", "First", show=False, id="sweep.first", tooltip="The first row"),
        Binding("end,G", "move_to_end(1)", "Last", show=False, id="sweep.last", tooltip="The last row"),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False, id="sweep.page_up", tooltip="One page up"),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False, id="sweep.page_down", tooltip="One page down"),
    ]  # fmt: skip

    COMPONENT_CLASSES = {
        "sweep-matrix--header",
        "sweep-matrix--cursor",
        "sweep-matrix--mark",
        "sweep-matrix--label",
        "sweep-matrix--fits",
        "sweep-matrix--rate",
        "sweep-matrix--muted",
        "sweep-matrix--running",
        "sweep-matrix--void",
        "sweep-matrix--in",
        "sweep-matrix--below",
        "sweep-matrix--above",
        "sweep-matrix--undecided",
        "sweep-matrix--stopped",
    }

    DEFAULT_CSS = """
    SweepMatrix {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .sweep-matrix--header { color: $text-muted; text-style: bold; }
        & > .sweep-matrix--cursor { background: $block-cursor-blurred-background 60%; }
        & > .sweep-matrix--mark { color: $text-accent; text-style: bold; }
        & > .sweep-matrix--label { text-style: bold; }
        & > .sweep-matrix--fits { color: $text-success; text-style: bold; }
        & > .sweep-matrix--rate { text-style: bold; }
        & > .sweep-matrix--muted { color: $text-muted; }
        & > .sweep-matrix--running { color: $text-accent; }
        & > .sweep-matrix--void { color: $text-warning; }
        & > .sweep-matrix--in { color: $text-success; text-style: bold; }
        & > .sweep-matrix--below { color: $text-warning; }
        & > .sweep-matrix--above { color: $text-warning; }
        & > .sweep-matrix--undecided { color: $text-muted; }
        & > .sweep-matrix--stopped { color: $text-error; }
        &:focus > .sweep-matrix--cursor { background: $block-cursor-blurred-background; text-style: bold; }
        &:ansi > .sweep-matrix--cursor { text-style: bold; }
        &:ansi:focus > .sweep-matrix--cursor { text-style: reverse; }
    }
    """

    @dataclass
    class Highlighted(Message):
        """The cursor moved to another cell."""

        index: int | None
        """Of the cell in the grid; ``None`` where it has none."""

    @dataclass
    class Opened(Message):
        """The user opens a cell."""

        index: int

    def __init__(self, layout: MatrixLayout, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._layout = layout
        self._row = self._column = 0
        self._first_column = 0
        self._click_moved_cursor = False
        self._figures: Sequence[CellFigures] = ()
        self._widths: CellWidths = NARROWEST
        self._label = _LEAST_LABEL
        self._cell = 1
        """Width of a column, without its gap."""
        self._in_sight = 1
        self._height = 1
        """Lines of a row."""

    @property
    def index(self) -> int | None:
        """The cell under the cursor, by its index in the grid."""
        return self._layout.indices[self._row][self._column]

    def show(self, figures: Sequence[CellFigures]) -> None:
        """Show these figures, of each cell of the grid."""
        self._figures = figures
        # Columns never grow narrower: figures that come and go would move them.
        widths = widths_of(figures, self._widths)
        if widths != self._widths or not self.painted:
            self._widths = widths
            self._lay_out()
        else:
            self.repaint_changed()

    def on_resize(self) -> None:
        """Fit into the new size."""
        self._lay_out()

    def _lay_out(self) -> None:
        """Choose between one line a cell and three, and how many columns are in sight."""
        width = self.scrollable_content_region.width
        columns = len(self._layout.columns)
        heads = [self._heading, *(" · ".join(self._labels(row)) for row in self._layout.rows)]
        self._label = min(max(map(cell_len, heads)), max(_LEAST_LABEL, width // _LABEL_SHARE))
        room = max(1, width - self._label - 1)
        takes = self._widths.one_line + 1 + _GAP
        if columns * takes <= room:
            self._height, self._in_sight = 1, columns
            self._cell = min(room // columns, takes + 20) - 1 - _GAP
        else:
            least = self._widths.least + 1 + _GAP
            self._in_sight = max(1, min(columns, room // least))
            self._height = 3
            self._cell = max(self._widths.least, min(room // self._in_sight - 1 - _GAP, _BREADTH))
        self.virtual_size = Size(0, self.line_count + self.header_height)
        self._bring_into_sight()
        self.repaint_all()

    @property
    def _heading(self) -> str:
        return f"{' · '.join(self._layout.row_axes)} \\ {self._layout.column_axis}"

    def _labels(self, row: Sequence[str]) -> tuple[str, ...]:
        """The value of the row's own axis, and of each further one with its name."""
        own, *others = row
        further = zip(self._layout.row_axes[1:], others, strict=True)
        return (visible_line(own), *(visible_line(f"{axis} {value}") for axis, value in further))

    @property
    def line_count(self) -> int:
        """Lines of all rows."""
        return len(self._layout.rows) * self._height

    def line_at(self, y: int) -> Painted | None:
        """The content of the line `y` cells below the top."""
        index = self.index_at(y)
        if index is None or not self._figures:
            return None
        row, line = divmod(index, self._height)
        places = self._layout.indices[row][self._first_column : self._first_column + self._in_sight]
        shown = tuple(None if place is None else self._figures[place] for place in places)
        cursor = self._column - self._first_column if row == self._row else -1
        return self._labels(self._layout.rows[row]), line, shown, cursor

    def render_line(self, y: int) -> Strip:
        """One line of the matrix, `y` lines below its top."""
        width = self.size.width
        base = self.visual_style.rich_style
        if y < self.header_height:
            return strip_of([Segment(self._header(), self.style_of("header"))], width, base)
        painted = self.line_at(y)
        if painted is None:
            self.painted.pop(y, None)
            return strip_of([], width, base)
        self.painted[y] = painted
        labels, line, shown, cursor = painted
        if self._height == 1:
            label = " · ".join(labels)
        else:
            # The last line has all that is left.
            label = (
                " · ".join(labels[line:]) if line == self._height - 1 else "".join(labels[line : line + 1])
            )
        kind = "label" if line == 0 else "muted"
        text = set_cell_size(cut_in_the_middle(label, self._label), self._label)
        segments = [Segment(text, self.style_of(kind, base)), Segment(" ", base)]
        for column, figures in enumerate(shown):
            at_cursor = column == cursor
            over = self.style_of("cursor") if at_cursor else base
            mark = _CURSOR_MARK if at_cursor else " "
            segments.append(Segment(mark, self.style_of("mark", over)))
            segments += [
                Segment(part, self.style_of(kind, over) if kind else over)
                for part, kind in self._parts(figures, line)
            ]
            segments.append(Segment(" " * _GAP, base))
        return strip_of(segments, width, base)

    def _parts(self, figures: CellFigures | None, line: int) -> tuple[Part, ...]:
        if figures is None:
            return ((set_cell_size("  –" if line == 0 else "", self._cell), "muted"),)
        if self._height == 1:
            return one_line(figures, self._widths, self._cell)
        return three_lines(figures, self._cell)[line]

    def _header(self) -> str:
        text = set_cell_size(cut_in_the_middle(self._heading, self._label), self._label) + " "
        last = self._first_column + self._in_sight
        for number, value in enumerate(self._layout.columns[self._first_column : last], self._first_column):
            before = f"‹{self._first_column} " if number == self._first_column > 0 else ""
            hidden = len(self._layout.columns) - last
            after = f" {hidden}›" if number == last - 1 and hidden > 0 else ""
            room = self._cell - 2 - len(before) - len(after)
            name = cut_in_the_middle(visible_line(value), max(1, room))
            text += set_cell_size(f"   {before}{name}{after}", self._cell + 1 + _GAP)
        return text

    # ---- the cursor -----------------------------------------------------------------------------------------------

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cursor by rows and columns."""
        self._move_to(self._row + rows, self._column + columns)

    def action_move_to_end(self, direction: int) -> None:
        """Move the cursor to the first or the last row."""
        self._move_to(0 if direction < 0 else len(self._layout.rows) - 1, self._column)

    def action_page(self, direction: int) -> None:
        """Move the cursor by a page."""
        rows = max(1, self.lines_in_sight // self._height)
        self._move_to(self._row + direction * rows, self._column)

    def action_open(self) -> None:
        """Ask for the cell under the cursor to be opened."""
        if self.index is not None:
            self.post_message(self.Opened(self.index))

    async def on_click(self, event: events.Click) -> None:
        """The first click on a cell moves the cursor to it, the next one opens it."""
        offset = event.get_content_offset(self)
        line = None if offset is None else self.index_at(offset.y)
        if offset is None or line is None or offset.x <= self._label:
            return
        column = self._first_column + (offset.x - self._label - 1) // (self._cell + 1 + _GAP)
        if column >= min(len(self._layout.columns), self._first_column + self._in_sight):
            return
        before = self._row, self._column
        self._move_to(line // self._height, column)
        moves = before != (self._row, self._column)
        if not moves and (event.chain == 1 or self._click_moved_cursor):
            self.action_open()
        self._click_moved_cursor = moves

    def _move_to(self, row: int, column: int) -> None:
        before = self._row, self._column
        self._row = max(0, min(row, len(self._layout.rows) - 1))
        self._column = max(0, min(column, len(self._layout.columns) - 1))
        if before == (self._row, self._column):
            return
        self._bring_into_sight()
        self.repaint_changed()
        self.post_message(self.Highlighted(self.index))

    def _bring_into_sight(self) -> None:
        first = min(max(self._first_column, self._column - self._in_sight + 1), self._column)
        self._first_column = max(0, min(first, len(self._layout.columns) - self._in_sight))
        top = self._row * self._height
        self.scroll_into_sight(top + self._height - 1)
        self.scroll_into_sight(top)
