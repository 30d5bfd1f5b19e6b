"""The table of trials: thousands of rows, repainted while they change.

It draws the lines that are in sight straight from the trials it was last shown, because a widget per cell costs
tens of milliseconds a repaint. That leaves cursor, header and hit-testing to do here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from dropout_core.trial_state import TrialState
from dropout_tui.widgets.trial_row import Columns, Part, Row, cells_of, columns_for, header_of, row_at

_CURSOR_MARK = "▌"
_NO_TRIALS = "No runs to show"


class TrialTable(ScrollView, can_focus=True, inherit_bindings=False):
    """A line per trial, with a cursor that stays on its trial whatever order the trials come in."""

    ALLOW_SELECT = False

    HELP = """\
# The runs

One line a run. `↻2` marks a run with two attempts; `~` an estimate of tokens while the reply arrives.
"""

    BINDINGS = [
        Binding("enter", "open", "Open", id="table.open", tooltip="Look at the highlighted run"),
        Binding("up,k", "move(-1)", "Up", show=False, id="table.up", tooltip="One run up"),
        Binding("down,j", "move(1)", "Down", show=False, id="table.down", tooltip="One run down"),
        Binding("home,g", "move_to_end(-1)", "First", show=False, id="table.first", tooltip="The first run"),
        Binding("end,G", "move_to_end(1)", "Last", show=False, id="table.last", tooltip="The last run"),
        Binding(
            "pageup,ctrl+b", "page(-1.0)", "Page up", show=False, id="table.page_up", tooltip="One page up"
        ),
        Binding(
            "pagedown,ctrl+f",
            "page(1.0)",
            "Page down",
            show=False,
            id="table.page_down",
            tooltip="One page down",
        ),
        Binding("ctrl+u", "page(-0.5)", "Half up", show=False, id="table.half_up", tooltip="Half a page up"),
        Binding(
            "ctrl+d", "page(0.5)", "Half down", show=False, id="table.half_down", tooltip="Half a page down"
        ),
    ]

    COMPONENT_CLASSES = {
        "trial-table--header",
        "trial-table--cursor",
        "trial-table--mark",
        "trial-table--muted",
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
    class Highlighted(Message):
        """The cursor came to another trial."""

        table: TrialTable
        trial: int

        @property
        def control(self) -> TrialTable:
            """The table."""
            return self.table

    @dataclass
    class Opened(Message):
        """The user wants to look at a trial."""

        table: TrialTable
        trial: int

        @property
        def control(self) -> TrialTable:
            """The table."""
            return self.table

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._trials: Sequence[TrialState] = ()
        self._now = 0.0
        self._max_steps = 1
        self._live_tokens: Callable[[int], int] | None = None
        self._highest = 0
        self._cursor = 0
        self._cursor_trial: int | None = None
        self._painted: dict[int, tuple[Row, bool]] = {}
        self._click_moved_cursor = False
        self._styles: dict[tuple[str, Style | None], Style] = {}

    @property
    def cursor_trial(self) -> int | None:
        """The number of the highlighted trial; ``None`` when there are no rows."""
        return self._cursor_trial

    def show(
        self,
        trials: Sequence[TrialState],
        now: float,
        *,
        max_steps: int,
        live_tokens: Callable[[int], int] | None = None,
    ) -> None:
        """Show these trials, in this order, as they are at `now`. Only lines in sight that changed are repainted.

        The cursor stays on its trial; when that is not among them any more, on its place. Steps are shown when
        `max_steps` is more than one. `live_tokens` estimates the tokens of a trial's arriving reply.
        """
        highest = max((trial.number for trial in trials), default=0)
        layout_changed = (max_steps, highest, bool(trials)) != (
            self._max_steps,
            self._highest,
            bool(self._trials),
        )
        self._trials, self._now, self._live_tokens = trials, now, live_tokens
        self._max_steps, self._highest = max_steps, highest
        if len(trials) + self._header_height != self.virtual_size.height:
            self.virtual_size = Size(0, len(trials) + self._header_height)
        self._follow_cursor_trial()
        if layout_changed:
            self._repaint()
        else:
            self._repaint_changed_lines()

    def move_to(self, trial: int) -> None:
        """Highlight a trial and scroll to it; nothing happens when it is not shown."""
        index = self._index_of(trial)
        if index is not None:
            self._move_cursor(index)

    def action_move(self, rows: int) -> None:
        """Move the cursor by some rows."""
        self._move_cursor(self._cursor + rows)

    def action_move_to_end(self, direction: int) -> None:
        """Move the cursor to the first or the last row."""
        self._move_cursor(0 if direction < 0 else len(self._trials) - 1)

    def action_page(self, pages: float) -> None:
        """Move the cursor by pages."""
        rows = max(1, int(abs(pages) * self._rows_in_sight))
        self._move_cursor(self._cursor + (rows if pages > 0 else -rows))

    def action_open(self) -> None:
        """Ask for the highlighted trial to be opened."""
        if self._cursor_trial is not None:
            self.post_message(self.Opened(self, self._cursor_trial))

    def render_line(self, y: int) -> Strip:
        """One line of the table, `y` lines below its top."""
        width = self.size.width
        base = self.visual_style.rich_style
        columns = self._columns
        if y < self._header_height:
            style = self._style("header")
            return _strip([Segment(f" {header_of(columns)}", style)], width, style)
        line = self._line_at(y)
        if line is None:
            self._painted.pop(y, None)
            message = f" {_NO_TRIALS}" if not self._trials and y == self._header_height else ""
            return _strip([Segment(message, self._style("muted"))] if message else [], width, base)
        self._painted[y] = line
        row, at_cursor = line
        if at_cursor:
            base = self._style("cursor")
        parts: list[Part] = [(_CURSOR_MARK if at_cursor else " ", "mark")]
        parts += cells_of(row, columns, max_steps=self._max_steps)
        return _strip(
            [Segment(text, self._style(kind, base) if kind else base) for text, kind in parts], width, base
        )

    def notify_style_update(self) -> None:
        """Repaint in the new colours."""
        super().notify_style_update()
        self._styles.clear()
        self._repaint()

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self.virtual_size = Size(0, len(self._trials) + self._header_height)
        self._scroll_to_cursor()

    async def on_click(self, event: events.Click) -> None:
        """The first click on a row highlights it, the next opens it."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y < self._header_height:
            return
        index = self._index_at_line(offset.y)
        if index is None:
            return
        moves = index != self._cursor
        if moves:
            self._move_cursor(index)
        elif event.chain == 1 or self._click_moved_cursor:
            self.action_open()
        self._click_moved_cursor = moves

    @property
    def _header_height(self) -> int:
        return 1 if self.size.height > 2 else 0

    @property
    def _rows_in_sight(self) -> int:
        return max(1, self.size.height - self._header_height)

    @property
    def _columns(self) -> Columns:
        # The size includes the scrollbar, which covers the last cells.
        width = self.scrollable_content_region.width
        return columns_for(width, highest=self._highest, max_steps=self._max_steps)

    def _style(self, kind: str, base: Style | None = None) -> Style:
        """The style of a component class, or only its colour laid over `base`."""
        if (kind, base) not in self._styles:
            style = self.get_component_rich_style(f"trial-table--{kind}")
            if base is not None:
                # Many colours turned round would be a line of many backgrounds.
                style = base if base.reverse else base + Style(color=style.color)
            self._styles[kind, base] = style
        return self._styles[kind, base]

    def _index_at_line(self, y: int) -> int | None:
        index = self.scroll_offset.y + y - self._header_height
        return index if 0 <= index < len(self._trials) else None

    def _index_of(self, trial: int) -> int | None:
        # In the order of their numbers, which is the usual one, a trial stands at its number.
        if 0 < trial <= len(self._trials) and self._trials[trial - 1].number == trial:
            return trial - 1
        return next((index for index, shown in enumerate(self._trials) if shown.number == trial), None)

    def _line_at(self, y: int) -> tuple[Row, bool] | None:
        """What the line `y` cells below the top has to show, and whether the cursor is on it."""
        index = self._index_at_line(y)
        if index is None:
            return None
        row = row_at(self._trials[index], self._now, self._live_tokens)
        return row, row.trial.number == self._cursor_trial

    def _follow_cursor_trial(self) -> None:
        trials, trial = self._trials, self._cursor_trial
        if trial is not None and self._cursor < len(trials) and trials[self._cursor].number == trial:
            return
        index = None if trial is None else self._index_of(trial)
        self._move_cursor(self._cursor if index is None else index)

    def _move_cursor(self, index: int) -> None:
        if not self._trials:
            self._cursor, self._cursor_trial = 0, None
            return
        before = self._cursor
        self._cursor = max(0, min(index, len(self._trials) - 1))
        trial = self._trials[self._cursor].number
        moved = trial != self._cursor_trial
        self._cursor_trial = trial
        self._repaint_row(before)
        self._repaint_row(self._cursor)
        self._scroll_to_cursor()
        if moved:
            self.post_message(self.Highlighted(self, trial))

    def _scroll_to_cursor(self) -> None:
        last_top = self._cursor - self._rows_in_sight + 1
        top = min(max(self.scroll_target_y, last_top), self._cursor)
        if self.size.height and top != self.scroll_target_y:
            # Forced, because the scrollbar that would allow it appears only with the next layout.
            self.scroll_to(y=top, animate=False, force=True)

    def _repaint(self) -> None:
        self._painted.clear()
        self.refresh()

    def _repaint_row(self, index: int) -> None:
        self._repaint_line(index - self.scroll_offset.y + self._header_height)

    def _repaint_line(self, y: int) -> None:
        if self._header_height <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def _repaint_changed_lines(self) -> None:
        for y in range(self._header_height, self.size.height):
            if self._line_at(y) != self._painted.get(y):
                self._repaint_line(y)


def _strip(segments: list[Segment], width: int, style: Style) -> Strip:
    return Strip(segments).adjust_cell_length(width, style)
