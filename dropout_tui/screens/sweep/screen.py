"""The screen of a sweep: a matrix of its cells, the one under the cursor in full, and what to try next."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.getters import query_one
from textual.widgets import Static

from dropout_core.analysis.sweep_cells import SweepCell, axes_of
from dropout_tui.presenters.evaluations.live_evaluation import ConversationSource
from dropout_tui.presenters.sweep.cell_detail import detail_of
from dropout_tui.presenters.sweep.cell_figures import CellFigures, figures_of
from dropout_tui.presenters.sweep.live_sweep import LiveSweep
from dropout_tui.presenters.sweep.matrix_layout import matrix_layout
from dropout_tui.presenters.sweep.status import next_words, status_of, ways_of
from dropout_tui.screens.live_screen import LiveScreen
from dropout_tui.text.numbers import clock
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.heading import Heading
from dropout_tui.widgets.key_line import KeyLine
from dropout_tui.widgets.sweep.cell_pane import CellPane
from dropout_tui.widgets.sweep.status_line import StatusLine
from dropout_tui.widgets.sweep.sweep_matrix import SweepMatrix
from dropout_tui.widgets.too_small import FLAT, SLIVER, TooSmall

WORDS_SECONDS = 0.5
"""The least seconds between two updates of the words round the matrix."""
LEAST = (40, 14)
"""Columns and lines."""
_COMMANDS = frozenset({"pause", "stop"})


class SweepScreen(LiveScreen[None]):
    """The cells of a sweep as they come to be decided."""

    TITLE = "Sweep"
    HELP = """\
# Sweep

Each cell shows its pass rate with the 95 % interval, the decision with passed and graded runs, and what most of its
runs failed for. `▶` marks a cell that is known to be in the band; `●4` are runs in flight, `⊘3` void ones. Below the
matrix stands the cell under the cursor in full, and under it what the sweep has come to so far.

**enter** opens the evaluation of a cell, in which everything works as in any other; **esc** comes back.

**P** holds what is in flight at its next boundary and begins nothing more; **S** lets it end, and begins nothing
more. After either, **P** goes on. After the program has ended, the same command goes on with the sweep.
"""
    AUTO_FOCUS = "SweepMatrix"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("P", "pause", "Pause", id="sweep.pause",
                tooltip="Hold what is in flight and begin nothing more, or go on"),
        Binding("S", "stop", "Stop", id="sweep.stop",
                tooltip="Let what is in flight end and begin nothing more"),
        Binding("question_mark", "app.toggle_help", "Help", id="app.help", key_display="?", tooltip="What the keys do"),
        Binding("q", "app.leave", "Quit", id="app.quit", tooltip="Leave; asks first when runs are in flight"),
    ]  # fmt: skip

    HORIZONTAL_BREAKPOINTS = [(0, SLIVER), (LEAST[0], "-narrow"), (110, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, FLAT), (LEAST[1], "-low"), (24, "-high")]
    DEFAULT_CSS = """
    SweepScreen {
        & #words { height: auto; max-height: 3; padding: 0 1; }
        & CellPane { max-height: 8; }
        &.-high.-narrow StatusLine { height: 2; }
        &.-low CellPane { max-height: 4; }
        &.-low #words { max-height: 1; }
        & Toast { max-width: 42%; }
        &.-narrow ToastRack {
            dock: top;
            align: right top;
            & Toast { margin-top: 0; padding: 0 1; max-width: 90%; }
        }
    }
    """

    heading = query_one(Heading)
    status = query_one(StatusLine)
    matrix = query_one(SweepMatrix)
    pane = query_one(CellPane)
    words = query_one("#words", Static)

    def __init__(
        self, sweep: LiveSweep, source: ConversationSource, *, clock: Callable[[], float] = time.time
    ) -> None:
        """Show `sweep`; the conversations of its cells are read from `source`. `clock` returns seconds since the
        epoch."""
        super().__init__()
        self._sweep = sweep
        self._source = source
        self._clock = clock
        self._began = clock()
        self._ended_at: float | None = None
        self._axes = axes_of(sweep.cells)
        self._shown_version = -1
        self._words_at = 0.0
        self._shown_words = ""
        self._drawn: dict[int, tuple[SweepCell, CellFigures]] = {}
        self._shown_possible: tuple[object, ...] = ()
        self._follows_cursor = False

    def compose(self) -> ComposeResult:
        """Put the widgets together."""
        yield Heading("Sweep")
        yield StatusLine()
        yield SweepMatrix(matrix_layout(self._sweep.cells))
        yield CellPane()
        yield Static(id="words", markup=False)
        yield KeyLine()
        yield TooSmall(*LEAST, "The sweep goes on; q quits.")

    def on_mount(self) -> None:
        """Show the sweep as it is."""
        self.look()

    @on(SweepMatrix.Highlighted)
    def _follow_cursor(self) -> None:
        """Paint the cursor first, and what is told of its cell after it."""
        if not self._follows_cursor:
            self._follows_cursor = True
            self.call_after_refresh(self._show_highlighted)

    def _show_highlighted(self) -> None:
        self._follows_cursor = False
        self._show_cell()
        self._show_what_is_possible()

    @on(SweepMatrix.Opened)
    def _open_cell(self, event: SweepMatrix.Opened) -> None:
        from dropout_tui.screens.sweep.cell import SweepCellScreen

        live = self._sweep.live(event.index)
        if live is not None:
            self.app.push_screen(SweepCellScreen(live, self._source, clock=self._clock))
            return
        why = self._sweep.cell(event.index).cannot_run
        self.notify(visible_line(why or "It is not open yet."), severity="warning", markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Dim the keys that would have no effect now."""
        commands = self._sweep.commands
        if action not in _COMMANDS:
            return True
        if commands is None:
            return None
        if commands.stop_reason is not None:
            return action == "pause"
        return None if self._sweep.has_ended else True

    def words_for(self, action: str) -> str | None:
        """The label of the key that goes on after a pause or a stop: see `Rewording`."""
        stands = self._sweep.commands is not None and self._sweep.commands.stop_reason is not None
        return "Go on" if stands and action == "pause" else None

    def action_pause(self) -> None:
        """Hold what is in flight and begin nothing more, or go on."""
        if (commands := self._sweep.commands) is not None:
            (commands.pause if commands.stop_reason is None else commands.go_on)()

    def action_stop(self) -> None:
        """Let what is in flight end and begin nothing more."""
        if (commands := self._sweep.commands) is not None:
            commands.stop()

    def look(self) -> None:
        """Bring the screen up to date, if anything changed."""
        if not self.is_in_sight:
            return
        now, version = self._clock(), self._sweep.version
        if version != self._shown_version:
            self._shown_version = version
            self.matrix.show([self._figures(index) for index in range(len(self._sweep.cells))])
        if now - self._words_at >= WORDS_SECONDS:
            self._words_at = now
            self._show_words(now)

    def _figures(self, index: int) -> CellFigures:
        """The figures of a cell, computed only when it has changed."""
        cell = self._sweep.cell(index)
        known = self._drawn.get(index)
        if known is None or known[0].state is not cell.state or known[0] != cell:
            known = self._drawn[index] = cell, figures_of(cell)
        return known[1]

    def _show_words(self, now: float) -> None:
        """What stands round the matrix."""
        has_ended = self._sweep.has_ended
        self._ended_at = (self._ended_at or now) if has_ended else None
        cells = self._sweep.cells
        self.heading.show(ways_of(cells), clock((self._ended_at or now) - self._began))
        self.status.show(status_of(self._sweep))
        words = visible_line(next_words(cells, has_ended=has_ended))
        if words != self._shown_words:
            # The lines it takes may be others, so that everything is laid out again.
            self._shown_words = words
            self.words.update(Content(words))
        self._show_cell()
        self._show_what_is_possible()

    def _show_cell(self) -> None:
        index = self.matrix.index
        self.pane.show(None if index is None else detail_of(self._sweep.cell(index), self._axes))

    def _show_what_is_possible(self) -> None:
        """Refresh the line of keys, but only when it would change."""
        possible = tuple(
            (self.check_action(action, ()), self.words_for(action)) for action in sorted(_COMMANDS)
        )
        if possible != self._shown_possible:
            self._shown_possible = possible
            self.refresh_bindings()
