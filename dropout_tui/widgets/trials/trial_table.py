"""The table of trials: thousands of rows, repainted while they change.

It draws the lines that are in sight straight from what it was last shown, because a widget per cell costs
tens of milliseconds a repaint. That leaves cursor, header and hit-testing to do here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from dropout_core.state.trial_state import TrialState
from dropout_tui.presenters.trials.trial_lines import Heading, Line
from dropout_tui.presenters.trials.trial_order import BY_RUN, Column, Order
from dropout_tui.widgets.painted_lines import PaintedLines, strip_of
from dropout_tui.widgets.trials.heading_row import heading_cells
from dropout_tui.widgets.trials.trial_row import (
    Columns,
    Part,
    Row,
    cells_of,
    column_at,
    columns_for,
    header_of,
    row_at,
    widths_of,
)

_CURSOR_MARK = "▌"
NO_TRIALS = "No runs to show"

Key = int | tuple[str, ...]
"""What the cursor is on: a trial's number, or a heading's key."""
Painted = tuple[Row | Heading, bool, bool]
"""The value of a line: its content, whether the cursor is on it, and whether it is marked."""


@dataclass
class TableMessage(Message):
    """Something that the user did in the table."""

    table: TrialTable

    @property
    def control(self) -> TrialTable:
        """The table."""
        return self.table


class TrialTable(PaintedLines[Painted], can_focus=True, inherit_bindings=False):
    """A line for each trial or heading, with a cursor that stays on its line in any order."""

    ALLOW_SELECT = False
    STYLES = "trial-table"

    HELP = """\
# The runs

One line a run. `↻2` marks a run with two attempts; `~` an estimate of tokens while the reply arrives.
`▲` or `▼` behind a column's title says that the rows are in its order: a click on a title orders by it.
`◆` marks runs: **space**, **r** and **x** then act on all of them.
"""

    BINDINGS = [
        Binding("enter", "open", "Open", id="table.open", tooltip="Open the highlighted run, or fold its group"),
        Binding("m,ctrl+space,ctrl+@", "mark", "Mark", show=False, id="table.mark", key_display="m",
                tooltip="Mark or unmark the highlighted run or group"),
        Binding("M", "mark_all", "Mark all", show=False, id="table.mark_all",
                tooltip="Mark every run that is shown, or none"),
        Binding("up,k", "move(-1)", "Up", show=False, id="table.up", tooltip="One run up"),
        Binding("down,j", "move(1)", "Down", show=False, id="table.down", tooltip="One run down"),
        Binding("home,less_than_sign", "move_to_end(-1)", "First", show=False, id="table.first",
                tooltip="The first run"),
        Binding("end,G,greater_than_sign", "move_to_end(1)", "Last", show=False, id="table.last",
                tooltip="The last run"),
        Binding("pageup,ctrl+b", "page(-1.0)", "Page up", show=False, id="table.page_up", tooltip="One page up"),
        Binding("pagedown,ctrl+f", "page(1.0)", "Page down", show=False, id="table.page_down",
                tooltip="One page down"),
        Binding("ctrl+u", "page(-0.5)", "Half up", show=False, id="table.half_up", tooltip="Half a page up"),
        Binding("ctrl+d", "page(0.5)", "Half down", show=False, id="table.half_down", tooltip="Half a page down"),
    ]  # fmt: skip

    COMPONENT_CLASSES = {
        "trial-table--header",
        "trial-table--cursor",
        "trial-table--mark",
        "trial-table--muted",
        "trial-table--heading",
        "trial-table--chosen",
        "trial-table--passed",
        "trial-table--failed",
        "trial-table--void",
        "trial-table--running",
        "trial-table--paused",
        "trial-table--queued",
    }

    DEFAULT_CSS = """
    TrialTable {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .trial-table--header { color: $text-muted; text-style: bold; }
        & > .trial-table--cursor { background: $block-cursor-blurred-background 60%; }
        & > .trial-table--mark { color: $text-muted; }
        & > .trial-table--muted { color: $text-muted; }
        & > .trial-table--heading { color: $foreground; text-style: bold; }
        & > .trial-table--chosen { color: $text-accent; text-style: bold; }
        & > .trial-table--passed { color: $text-success; }
        & > .trial-table--failed { color: $text-error; }
        & > .trial-table--void { color: $text-warning; }
        & > .trial-table--running { color: $text-accent; }
        & > .trial-table--paused { color: $text-secondary; }
        & > .trial-table--queued { color: $text-muted; }
        &:focus > .trial-table--cursor { background: $block-cursor-blurred-background; text-style: bold; }
        &:focus > .trial-table--mark { color: $accent; }
        &:ansi > .trial-table--cursor { text-style: bold; }
        &:ansi:focus > .trial-table--cursor { text-style: reverse; }
    }
    """

    @dataclass
    class Highlighted(TableMessage):
        """The cursor moved to another line."""

        trial: int | None
        """The number of its trial; ``None`` on a heading."""

    @dataclass
    class Marked(TableMessage):
        """The marks changed."""

    @dataclass
    class Folded(TableMessage):
        """The user opens or closes a group."""

        heading: Heading

    @dataclass
    class OrderAsked(TableMessage):
        """The user clicked on a column's title."""

        column: Column

    @dataclass
    class Opened(TableMessage):
        """The user opens a trial."""

        trial: int

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[Line] = ()
        self._now = 0.0
        self._max_steps = 1
        self._empty = NO_TRIALS
        self._live_tokens: Callable[[int], int] | None = None
        self._highest = 0
        self._order = BY_RUN
        self._cursor = 0
        self._cursor_key: Key | None = None
        self._marked: frozenset[int] = frozenset()
        self._click_moved_cursor = False

    @property
    def cursor_trial(self) -> int | None:
        """The number of the highlighted trial; ``None`` when there are no rows, or a heading is highlighted."""
        return self._cursor_key if isinstance(self._cursor_key, int) else None

    @property
    def cursor_heading(self) -> Heading | None:
        """The highlighted heading; ``None`` when there is none, or a trial is highlighted."""
        line = self._lines[self._cursor] if self._cursor < len(self._lines) else None
        return line if isinstance(line, Heading) else None

    @property
    def at_top(self) -> bool:
        """Whether the cursor is on the first line."""
        return self._cursor == 0

    @property
    def marked(self) -> frozenset[int]:
        """The numbers of the marked trials."""
        return self._marked

    @property
    def columns_shown(self) -> list[Column]:
        """The columns that fit, from left to right."""
        return [column for column, _ in widths_of(self._columns)]

    def show(
        self,
        lines: Sequence[Line],
        now: float,
        *,
        max_steps: int,
        highest: int | None = None,
        order: Order = BY_RUN,
        live_tokens: Callable[[int], int] | None = None,
        empty: str = NO_TRIALS,
    ) -> None:
        """Show these lines, in this order, as they are at `now`. Only visible ones that changed are repainted.

        The cursor stays on its line, and the line where it is on the screen; when it is gone, the cursor keeps its
        place. Steps are shown when `max_steps` is more than one. `highest` is the largest number a trial can have,
        when it is known. `order` is what the header says. `live_tokens` estimates the tokens of a trial's arriving
        reply. `empty` is said when there are no lines.
        """
        if highest is None:
            highest = max((line.number for line in lines if isinstance(line, TrialState)), default=0)
        layout = (max_steps, highest, bool(lines), order)
        layout_changed = layout != (self._max_steps, self._highest, bool(self._lines), self._order)
        before, self._lines = self._lines, lines
        self._now, self._live_tokens, self._empty = now, live_tokens, empty
        self._max_steps, self._highest, self._order = max_steps, highest, order
        if len(lines) + self.header_height != self.virtual_size.height:
            self.virtual_size = Size(0, len(lines) + self.header_height)
        if lines is not before:
            self._follow(before)
        if layout_changed:
            self.repaint_all()
        else:
            self.repaint_changed()

    def move_to(self, trial: int) -> None:
        """Highlight a trial and scroll to it; nothing happens when it is not shown."""
        index = self._index_of(trial)
        if index is not None:
            self._move_cursor(index)

    def mark(self, trials: frozenset[int]) -> None:
        """Mark these trials and no others."""
        if trials != self._marked:
            self._marked = trials
            self.repaint_changed()
            self.post_message(self.Marked(self))

    def action_mark(self) -> None:
        """Mark what is highlighted, or remove its mark, and move to the next line."""
        line = self._lines[self._cursor] if self._lines else None
        if isinstance(line, TrialState):
            self.mark(self._marked ^ {line.number})
            self._move_cursor(self._cursor + 1)
        elif line is not None:
            group = frozenset(line.trials)
            self.mark(self._marked - group if group <= self._marked else self._marked | group)

    def action_mark_all(self) -> None:
        """Mark every trial that is shown, also in closed groups; when all are marked, none."""
        shown = frozenset(
            number
            for line in self._lines
            for number in ((line.number,) if isinstance(line, TrialState) else line.trials)
        )
        self.mark(self._marked - shown if shown <= self._marked else self._marked | shown)

    def action_move(self, rows: int) -> None:
        """Move the cursor by some rows."""
        self._move_cursor(self._cursor + rows)

    def action_move_to_end(self, direction: int) -> None:
        """Move the cursor to the first or the last row."""
        self._move_cursor(0 if direction < 0 else len(self._lines) - 1)

    def action_page(self, pages: float) -> None:
        """Move the cursor by pages."""
        rows = max(1, int(abs(pages) * self.lines_in_sight))
        self._move_cursor(self._cursor + (rows if pages > 0 else -rows))

    def action_open(self) -> None:
        """Ask for the highlighted trial or group to be opened."""
        if (trial := self.cursor_trial) is not None:
            self.post_message(self.Opened(self, trial))
        elif (heading := self.cursor_heading) is not None:
            self.post_message(self.Folded(self, heading))

    def render_line(self, y: int) -> Strip:
        """One line of the table, `y` lines below its top."""
        width = self.size.width
        base = self.visual_style.rich_style
        columns = self._columns
        if y < self.header_height:
            style = self.style_of("header")
            return strip_of([Segment(f" {header_of(columns, self._order)}", style)], width, style)
        line = self.line_at(y)
        if line is None:
            self.painted.pop(y, None)
            message = f" {self._empty}" if not self._lines and y == self.header_height else ""
            return strip_of([Segment(message, self.style_of("muted"))] if message else [], width, base)
        self.painted[y] = line
        row, at_cursor, marked = line
        if at_cursor:
            base = self.style_of("cursor")
        parts: list[Part] = [(_CURSOR_MARK if at_cursor else " ", "mark")]
        if isinstance(row, Heading):
            parts += heading_cells(row, self.scrollable_content_region.width - 1)
        else:
            parts += cells_of(row, columns, max_steps=self._max_steps, marked=marked)
        return strip_of(
            [Segment(text, self.style_of(kind, base) if kind else base) for text, kind in parts], width, base
        )

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self.virtual_size = Size(0, len(self._lines) + self.header_height)
        self.scroll_into_sight(self._cursor)

    async def on_click(self, event: events.Click) -> None:
        """The first click on a row highlights it, the next opens it. With ctrl it marks. Titles order the rows."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y < self.header_height:
            column = column_at(self._columns, offset.x - len(_CURSOR_MARK))
            if column is not None:
                self.post_message(self.OrderAsked(self, column))
            return
        index = self.index_at(offset.y)
        if index is None:
            return
        line = self._lines[index]
        moves = index != self._cursor
        if event.ctrl and isinstance(line, TrialState):
            self.mark(self._marked ^ {line.number})
        elif isinstance(line, Heading):
            self._move_cursor(index)
            self.action_open()
        elif moves:
            self._move_cursor(index)
        elif event.chain == 1 or self._click_moved_cursor:
            self.action_open()
        self._click_moved_cursor = moves

    @property
    def _columns(self) -> Columns:
        # The size includes the scrollbar, which covers the last cells.
        width = self.scrollable_content_region.width
        return columns_for(width, highest=self._highest, max_steps=self._max_steps)

    def _index_of(self, key: Key | None) -> int | None:
        # In the usual order, by number, a trial's index follows from its number.
        if isinstance(key, int) and 0 < key <= len(self._lines) and _key(self._lines[key - 1]) == key:
            return key - 1
        return next((index for index, line in enumerate(self._lines) if _key(line) == key), None)

    @property
    def line_count(self) -> int:
        """Trials and headings."""
        return len(self._lines)

    def line_at(self, y: int) -> Painted | None:
        """The content of the line `y` cells below the top."""
        index = self.index_at(y)
        if index is None:
            return None
        line = self._lines[index]
        at_cursor = index == self._cursor
        if isinstance(line, Heading):
            return line, at_cursor, False
        return row_at(line, self._now, self._live_tokens), at_cursor, line.number in self._marked

    def _follow(self, before: Sequence[Line]) -> None:
        """Keep the cursor on its line, and that line in its place on the screen."""
        if self._cursor < len(self._lines) and _key(self._lines[self._cursor]) == self._cursor_key:
            return
        top = round(self.scroll_target_y)
        held = self._cursor if 0 <= self._cursor - top < self.lines_in_sight else top
        held_at = self._index_of(_key(before[held])) if held < len(before) else None
        index = self._index_of(self._cursor_key)
        if held_at is not None and held_at != held:
            self.scroll_top_to(top + held_at - held)
        self._move_cursor(self._cursor if index is None else index, scroll=held == self._cursor)

    def _move_cursor(self, index: int, *, scroll: bool = True) -> None:
        if not self._lines:
            self._cursor, self._cursor_key = 0, None
            return
        before = self._cursor
        self._cursor = max(0, min(index, len(self._lines) - 1))
        key = _key(self._lines[self._cursor])
        moved = key != self._cursor_key
        self._cursor_key = key
        self.repaint_index(before)
        self.repaint_index(self._cursor)
        if scroll:
            self.scroll_into_sight(self._cursor)
        if moved:
            self.post_message(self.Highlighted(self, self.cursor_trial))


def _key(line: Line) -> Key:
    return line.number if isinstance(line, TrialState) else line.key
