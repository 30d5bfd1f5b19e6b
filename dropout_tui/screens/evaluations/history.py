"""The history: search the stored evaluations, open, compare, resume and delete them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.getters import query_one
from textual.widgets import Input

from dropout_core.storage.lease import EvaluationBusy, leased_elsewhere
from dropout_core.storage.listing import Listing
from dropout_core.storage.store import DamagedEvaluation, Store, StoreUnusable, UnknownEvaluation
from dropout_core.values.annotation import AnnotationChange, AnnotationRefused
from dropout_tui.presenters.evaluations.deletions import UNDO_SECONDS
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.presenters.evaluations.stored_commands import Program, start
from dropout_tui.presenters.evaluations.stored_evaluation import Row, StoredEvaluation, StoredStatus, row_of
from dropout_tui.presenters.filter_query import HISTORY_FIELDS, read_query
from dropout_tui.presenters.trials.trial_filter import Choice as RunChoice
from dropout_tui.screens.confirm import Choice, ConfirmScreen
from dropout_tui.screens.dashboard.screen import DashboardScreen
from dropout_tui.screens.evaluations.annotation import AnnotationScreen
from dropout_tui.screens.evaluations.compare import CompareScreen
from dropout_tui.screens.evaluations.forest import ForestScreen
from dropout_tui.screens.evaluations.reopened import ReopenedScreen
from dropout_tui.screens.full_screen import FullScreen
from dropout_tui.text.numbers import pluralize
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.evaluations.evaluation_detail import EvaluationDetail
from dropout_tui.widgets.evaluations.evaluation_table import EvaluationTable
from dropout_tui.widgets.heading import Heading
from dropout_tui.widgets.key_line import KeyLine
from dropout_tui.widgets.too_small import FLAT, SLIVER, TooSmall

NOTHING_STORED = "No evaluations yet; n sets one up"
NOTHING_FOUND = "No evaluation matches; esc shows all"
READING = "Reading…"
_PLACEHOLDER = "number, date, model, prompt, suite, mode, band, state, name, note, tag:word"
_MOST_SAID = 3
"""The most lines about unreadable parts of an evaluation; its runs say the same of themselves."""
LEAST = (20, 5)
"""Columns and lines."""
_DEPENDING = ("go_on", "annotate", "delete", "undo", "compare")
"""Actions that depend on the highlighted, the marked and the deleted evaluations."""


class HistoryScreen(FullScreen[None]):
    """The stored evaluations, the newest first."""

    TITLE = "History"
    HELP = """\
# History

**enter** opens an evaluation with everything it had; **s** there, or here, goes on with an interrupted one.
**/** searches as you type: number, date, model, prompt, suite, mode, band, state, name, note, tags; all words must be
found, `|` is *or*, `!` leaves out, quotes hold words together. `name:`, `note:` and `tag:` search one of them alone.
**t** gives an evaluation a name, a note and tags, also while it runs.
**space** marks one, **M** all that are shown; **c** compares two: the first mark is A, the second B. With one mark, the
highlighted row is B. More than two are ranked.
**d** deletes one, after asking; **u** brings back what was deleted in the last seconds.
"""
    AUTO_FOCUS = "EvaluationTable"
    BINDINGS = [
        Binding("slash", "search", "Search", id="history.search", key_display="/", tooltip="Search as you type"),
        Binding("c", "compare", "Compare", id="history.compare", tooltip="Compare A and B, or rank all marked"),
        Binding("a", "app.review", "Review", id="app.review", tooltip="The author's checklist of the highlighted one"),
        Binding("s", "go_on", "Go on", id="history.go_on", tooltip="Resume the highlighted evaluation"),
        Binding("d,delete", "delete", "Delete", id="history.delete", tooltip="Delete the highlighted evaluation"),
        Binding("t", "annotate", "Tag", id="history.annotate", tooltip="Change its name, its note and its tags"),
        Binding("u", "undo", "Undo", id="history.undo", tooltip="Undo the latest deletion"),
        Binding("escape", "back", "Back", id="history.back", tooltip="Show all again, or go back"),
        Binding("n", "app.new_evaluation", "New", id="app.new", show=False, tooltip="Set up another evaluation"),
        Binding("l", "app.evaluations", "List", id="app.list", show=False,
                tooltip="The evaluations of this program"),
        Binding("question_mark", "app.toggle_help", "Help", id="app.help", key_display="?", tooltip="What the keys do"),
        Binding("q", "app.leave", "Quit", id="app.quit", tooltip="Leave; asks first when runs are in flight"),
    ]  # fmt: skip

    HORIZONTAL_BREAKPOINTS = [(0, SLIVER), (LEAST[0], "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, FLAT), (LEAST[1], "-low"), (18, "-high")]
    DEFAULT_CSS = """
    HistoryScreen {
        & #search {
            height: 1; border: none; padding: 0 1; background: $panel;
            display: none;
            &.-shown { display: block; }
        }
        & EvaluationTable { height: 1fr; }
        &.-low EvaluationDetail { display: none; }
    }
    """

    heading = query_one(Heading)
    table = query_one(EvaluationTable)
    detail = query_one(EvaluationDetail)
    search = query_one("#search", Input)

    def __init__(
        self,
        store: Store,
        program: Program,
        *,
        clock: Callable[[], float] = time.time,
        undo_seconds: float = UNDO_SECONDS,
    ) -> None:
        """List the evaluations of `store`; `program` resumes one, and tells which are open.

        A deletion can be undone for `undo_seconds`.
        """
        super().__init__()
        self._store = store
        self._program = program
        self._clock = clock
        self._undo_seconds = undo_seconds
        self._deletions = program.deletions(store)
        self._rows: tuple[Row, ...] | None = None
        self._dimmed: list[str] | None = None

    def compose(self) -> ComposeResult:
        """Put the widgets together."""
        yield Heading("History")
        yield Input(id="search", placeholder=_PLACEHOLDER, compact=True)
        yield EvaluationTable()
        yield EvaluationDetail()
        yield KeyLine()
        yield TooSmall(*LEAST, "esc goes back.")

    def on_screen_resume(self) -> None:
        """Read the list again whenever the screen comes to the front."""
        self._read()

    @work(group="reading", exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        try:
            listing = await asyncio.to_thread(self._store.listing)
            elsewhere = await asyncio.to_thread(leased_elsewhere, self._store.path)
        except StoreUnusable as error:
            self._complain(str(error))
            return
        here = self._program.numbers_open()
        self._rows = await asyncio.to_thread(_rows_of, listing, elsewhere, here)
        self._show()

    def _show(self) -> None:
        if self._rows is None:
            self.table.show((), self._clock(), empty=READING)
            return
        rows = [row for row in self._rows if not self._deletions.hides(row.number)]
        search = read_query(self.search.value, fields=HISTORY_FIELDS)
        found = [row for row in rows if row.matches(search)]
        self.table.show(found, self._clock(), empty=NOTHING_FOUND if rows else NOTHING_STORED)
        self.heading.show(_counted(len(found), len(rows)), str(self._store.path))
        self.detail.show(self.table.selected)
        self._refresh_keys()

    @on(EvaluationTable.Highlighted)
    def _highlighted(self, event: EvaluationTable.Highlighted) -> None:
        self.detail.show(event.row)
        self._refresh_keys()

    @on(EvaluationTable.Marked)
    def _refresh_keys(self) -> None:
        """Refresh the line of keys only when other keys are dimmed."""
        dimmed = [action for action in _DEPENDING if not self.check_action(action, ())]
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Dim the keys that would have no effect now; undo is shown only when there is something to undo."""
        if not self.is_mounted:
            return True
        row = self.table.selected
        match action:
            case "go_on":
                return True if row is not None and _status_of(row) is StoredStatus.INTERRUPTED else None
            case "delete":
                return None if row is None else True
            case "annotate":
                return True if isinstance(row, StoredEvaluation) else None
            case "undo":
                return self._deletions.latest is not None
            case "compare":
                return True if self._compared() else None
            case _:
                return True

    # ---- searching ------------------------------------------------------------------------------------------------

    def action_search(self) -> None:
        """Type what to look for."""
        self.search.add_class("-shown")
        self.search.focus()

    @on(Input.Changed, "#search")
    def _searched(self) -> None:
        self._show()

    @on(Input.Submitted, "#search")
    def _found(self) -> None:
        self.table.focus()

    def key_down(self) -> None:
        """Move from the search to the list."""
        if self.search.has_focus:
            self.table.focus()

    def action_back(self) -> None:
        """End the search; without one, go back."""
        if self.search.has_class("-shown"):
            self.search.value = ""
            self.search.remove_class("-shown")
            self.table.focus()
            self._show()
        else:
            self.dismiss()

    # ---- opening --------------------------------------------------------------------------------------------------

    @on(EvaluationTable.Opened)
    def _open(self, event: EvaluationTable.Opened) -> None:
        self.open(event.row.number)

    def open(self, number: int, choice: RunChoice | None = None) -> None:
        """Open an evaluation, with all of its runs or some; for one that this program has open, return to its
        dashboard."""
        if number in self._program.numbers_open():
            self._program.show_open(number)
            if choice is not None and isinstance(self.app.screen, DashboardScreen):
                self.app.screen.show_only(choice)
        else:
            self._reopen(number, choice)

    async def read_selected(self) -> LiveEvaluation | None:
        """The highlighted evaluation as it is stored; ``None`` where it cannot be read, which is said."""
        row = self.table.selected
        if row is None:
            return None
        try:
            state = await asyncio.to_thread(self._store.state, row.number)
        except (StoreUnusable, UnknownEvaluation) as error:
            self._complain(str(error))
            return None
        return LiveEvaluation(row.number, state)

    @work(group="opening", exclusive=True, exit_on_error=False)
    async def _reopen(self, number: int, choice: RunChoice | None) -> None:
        try:
            elsewhere = number in await asyncio.to_thread(leased_elsewhere, self._store.path)
            state = await asyncio.to_thread(self._store.state, number)
        except (StoreUnusable, UnknownEvaluation) as error:
            self._complain(str(error))
            return
        for line in state.damage[:_MOST_SAID]:
            self._complain(visible_line(str(DamagedEvaluation(number, line))))
        screen = ReopenedScreen(
            self._store, number, state, self._program.go_on, elsewhere=elsewhere, clock=self._clock
        )
        await self.app.push_screen(screen)
        if choice is not None:
            screen.show_only(choice)

    def action_go_on(self) -> None:
        """Resume the highlighted evaluation."""
        row = self.table.selected
        if row is not None:
            self._program.go_on(row.number, start)

    # ---- naming ---------------------------------------------------------------------------------------------------

    def action_annotate(self) -> None:
        """Change the name, the note and the tags of the highlighted evaluation."""
        row = self.table.selected
        if not isinstance(row, StoredEvaluation):
            return

        def answered(change: AnnotationChange | None) -> None:
            if change is not None:
                self._annotate(row.number, change)

        self.app.push_screen(AnnotationScreen(row.number, row.summary.annotation), answered)

    @work(group="naming", exit_on_error=False)
    async def _annotate(self, number: int, change: AnnotationChange) -> None:
        try:
            await asyncio.to_thread(self._store.annotate, number, change)
        except (AnnotationRefused, StoreUnusable, UnknownEvaluation) as error:
            self._complain(str(error))
            return
        self._read()

    # ---- comparing ------------------------------------------------------------------------------------------------

    def _compared(self) -> tuple[int, ...]:
        """What to compare: the marked ones, or A and the highlighted one; nothing when that is not two at least."""
        marked, row = self.table.marked, self.table.selected
        if len(marked) > 1:
            return marked
        if len(marked) == 1 and row is not None and row.number != marked[0]:
            return marked[0], row.number
        return ()

    def action_compare(self) -> None:
        """Compare A and B, or rank all that are marked."""
        match self._compared():
            case (first, second):
                self._compare_two(first, second)
            case (_, _, *_) as numbers:
                forest = ForestScreen(self._store, numbers, open_one=self.open)
                self.app.push_screen(forest)

    def _compare_two(self, first: int, second: int) -> None:
        def came_back(numbers: tuple[int, int] | None) -> None:
            if numbers is not None:
                self.table.reorder_marks(numbers)

        self.app.push_screen(CompareScreen(self._store, first, second, open_one=self.open), came_back)

    # ---- deleting -------------------------------------------------------------------------------------------------

    def action_delete(self) -> None:
        """Delete the highlighted evaluation, after asking."""
        row = self.table.selected
        if row is None:
            return
        status = _status_of(row)
        if status in (StoredStatus.HERE, StoredStatus.ELSEWHERE):
            self._complain(
                f"Evaluation {row.number} is open in this program; take it off its list first (l, then d)."
                if status is StoredStatus.HERE
                else f"Evaluation {row.number} is being run by another program; it can be deleted once that has"
                " ended."
            )
            return
        what = (
            f" of {row.model} with {pluralize(row.graded, 'graded run')}, code and conversations"
            if isinstance(row, StoredEvaluation)
            else ", which cannot be read"
        )
        question = f"Delete evaluation {row.number}{what}? It can be brought back for some seconds."
        choices = [Choice("yes", "y", "Yes, delete it"), Choice("no", "n", "No, keep it")]

        def answered(answer: str | None) -> None:
            if answer == "yes":
                self._set_aside(row.number)

        self.app.push_screen(ConfirmScreen(question, choices, safe="no", title="Delete?"), answered)

    def _set_aside(self, number: int) -> None:
        try:
            self._deletions.set_aside(number)
        except EvaluationBusy as error:
            self._complain(str(error))
            return
        self.table.forget(number)
        self._show()
        self.notify(f"Evaluation {number} is deleted. u brings it back.", markup=False)
        # The app's timer, which goes on when this screen has been left.
        self.app.set_timer(self._undo_seconds, partial(self._complete_out_of_sight, number))

    def _complete_out_of_sight(self, number: int) -> None:
        self.app.run_worker(self._complete(number), group="deleting", exit_on_error=False)

    async def _complete(self, number: int) -> None:
        try:
            await asyncio.to_thread(self._deletions.complete, number)
        except StoreUnusable as error:
            self.app.notify(str(error), severity="error", markup=False)
        if self.is_attached:
            self._show()

    def action_undo(self) -> None:
        """Restore the evaluation that was deleted last."""
        number = self._deletions.undo()
        if number is not None:
            self.notify(f"Evaluation {number} is back.", markup=False)
            self._show()

    def _complain(self, text: str) -> None:
        self.notify(text, severity="error", markup=False)


def _rows_of(listing: Listing, elsewhere: frozenset[int], here: frozenset[int]) -> tuple[Row, ...]:
    return tuple(row_of(line, elsewhere, here) for line in listing.lines)


def _status_of(row: Row) -> StoredStatus | None:
    return row.status if isinstance(row, StoredEvaluation) else None


def _counted(found: int, all_of_them: int) -> str:
    evaluations = "1 evaluation" if all_of_them == 1 else f"{all_of_them:,} evaluations"
    return evaluations if found == all_of_them else f"{found:,} of {evaluations}"
