"""What the rate would be by other checks, worked out from the answers that there are, while one looks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.getters import query_one
from textual.widgets import OptionList, Static

from dropout_core.analysis.what_if import Change, WhatIf, ranked
from dropout_core.running.graders.open_graders import opened_graders
from dropout_core.running.graders.what_if_grading import WhatIfGrading
from dropout_core.sandbox import SandboxBroken
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.storage.store import Store, StoreUnusable
from dropout_core.task.definition import Task
from dropout_core.task.requirement import UnknownSuite
from dropout_core.task.unusable import TaskUnusable
from dropout_core.tasks.chosen import task_of, what_changed
from dropout_core.values.config import EvaluationConfig
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.screens.full_screen import FullScreen
from dropout_tui.text.numbers import pluralize
from dropout_tui.text.sanitize import visible_line
from dropout_tui.text.words.what_if import name_of, notes_of
from dropout_tui.widgets.evaluations.change_list import ChangeList
from dropout_tui.widgets.heading import Heading
from dropout_tui.widgets.key_line import KeyLine
from dropout_tui.widgets.too_small import FLAT, SLIVER, TooSmall

LEAST = (36, 8)
"""Columns and lines."""
SHOWN_EVERY = 0.5
"""Seconds between two looks at what has been graded."""
FOLLOWING_SECONDS = 1.0
"""How often it is asked whether further runs have ended."""
READING = "Reading…"


class WhatIfScreen(FullScreen[Change | None]):
    """One row a change. Gives the change to be set up, if one is chosen."""

    TITLE = "What if"
    HELP = """\
# What if

Every stored answer is judged by all checks of the task, once, without asking the model; what was judged is kept. A row
says what the rate would be with one check left out (`without`), one added (`with`), or by another suite. The check that
alone keeps most runs from passing comes first. `◂` marks what lies in the band.

*Never asked* are checks that the prompt of these runs does not state: an answer is not to be blamed for what nobody
asked for. **enter** sets up an evaluation with the change, whose prompt then asks for exactly what is checked.
"""
    AUTO_FOCUS = "ChangeList"
    BINDINGS = [
        Binding("escape,backspace", "back", "Back", id="what_if.back", tooltip="Back to the dashboard"),
        Binding("question_mark", "app.toggle_help", "Help", id="app.help", key_display="?", tooltip="What the keys do"),
        Binding("q", "app.leave", "Quit", id="app.quit", tooltip="Leave; asks first when runs are in flight"),
    ]  # fmt: skip

    HORIZONTAL_BREAKPOINTS = [(0, SLIVER), (LEAST[0], "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, FLAT), (LEAST[1], "-low"), (18, "-high")]
    DEFAULT_CSS = """
    WhatIfScreen {
        & #columns { height: 1; padding: 0 1; color: $foreground-muted; text-wrap: nowrap; }
        & ChangeList { height: 1fr; border: none; padding: 0; }
        & #chosen { height: auto; max-height: 4; padding: 0 1; background: $panel; }
        & #notes { height: auto; max-height: 5; padding: 0 1; color: $foreground 80%; }
        &.-low #notes { display: none; }
    }
    """

    heading = query_one(Heading)
    columns = query_one("#columns", Static)
    table = query_one(ChangeList)
    chosen = query_one("#chosen", Static)
    notes = query_one("#notes", Static)

    def __init__(self, live: LiveEvaluation, store: Store, *, allow_weak_sandbox: bool = False) -> None:
        """Ask about the answers of `live`, which `store` holds."""
        super().__init__()
        self._live = live
        self._store = store
        self._allow_weak_sandbox = allow_weak_sandbox
        self._judges: Task | None = None
        self._rows: tuple[WhatIf, ...] = ()
        self._graded = -1
        """Runs that had been graded when they were looked at last."""
        self._is_busy = False

    def compose(self) -> ComposeResult:
        """The table, what its row says in full, and what is to be known of all rows."""
        yield Heading("What if")
        yield Static(id="columns", markup=False)
        yield ChangeList()
        yield Static(READING, id="chosen", markup=False)
        yield Static(id="notes", markup=False)
        yield KeyLine()
        yield TooSmall(*LEAST, "esc goes back.")

    def on_mount(self) -> None:
        """Begin to judge, and to follow the runs that still end."""
        self._follow()
        self.set_interval(FOLLOWING_SECONDS, self._follow)

    def _follow(self) -> None:
        if not self._is_busy and self._graded != self._live.state.tally.graded:
            self._is_busy, self._graded = True, self._live.state.tally.graded
            self._judge()

    @work(group="judging", exit_on_error=False)
    async def _judge(self) -> None:
        try:
            grading = await asyncio.to_thread(self._read)
            await self._grade(grading)
        except (UnknownSuite, TaskUnusable, StoreUnusable, SandboxBroken) as error:
            self.chosen.update(visible_line(str(error)))
            self.notify(str(error), severity="error", markup=False)
        finally:
            self._is_busy = False

    def _read(self) -> WhatIfGrading:
        state = self._live.state
        if self._judges is None:
            self._judges = self._loaded(state.config)
        return WhatIfGrading(self._store, self._live.number, state, self._judges)

    def _loaded(self, config: EvaluationConfig) -> Task:
        """The task as it is when this is opened: all looks judge by it."""
        task = task_of(config)
        if (changed := what_changed(config, task)) is not None:
            self.app.call_from_thread(self.notify, changed, severity="warning", markup=False)
        return task

    async def _grade(self, grading: WhatIfGrading) -> None:
        """Show what is known at once, and what comes to be known as it does."""
        await self._look(grading)
        graders = opened_graders(grading.task, allow_weak_sandbox=self._allow_weak_sandbox)
        work = asyncio.create_task(grading.grade(graders))
        try:
            while not work.done():
                await asyncio.wait([work], timeout=SHOWN_EVERY)
                await self._look(grading)
            await work
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def _look(self, grading: WhatIfGrading) -> None:
        rows, left = await asyncio.to_thread(lambda: (ranked(grading.rows), grading.left))
        self._show(rows, grading.state, grading.answers, left)

    def _show(self, rows: tuple[WhatIf, ...], state: EvaluationState, answers: int, left: int) -> None:
        highlighted = self.table.highlighted or 0
        kept = self._rows[highlighted].change.name if self._rows else None
        place = next((at for at, row in enumerate(rows) if row.change.name == kept), 0)
        self._rows = rows
        self.table.show(rows, place)
        done = (
            f"{answers - left:,} of {pluralize(answers, 'answer')} judged" if left else "all answers judged"
        )
        self.heading.show(f"#{self._live.number}  {state.config.asked} · {done}")
        self.notes.update(" ".join(notes_of(state, rows)))
        self._show_chosen()

    @on(ChangeList.Fitted)
    def _show_heads(self, fitted: ChangeList.Fitted) -> None:
        self.columns.update(fitted.heads)

    @on(OptionList.OptionHighlighted)
    def _show_chosen(self) -> None:
        row = self._chosen_row
        if row is not None:
            self.chosen.update(_in_full(row, self._rows))

    @on(OptionList.OptionSelected)
    def _choose(self) -> None:
        """Give the change to be set up."""
        row = self._chosen_row
        if row is not None:
            self.dismiss(row.change)

    def action_back(self) -> None:
        """Back to the dashboard; what is judged by then is kept."""
        self.dismiss(None)

    @property
    def _chosen_row(self) -> WhatIf | None:
        at = self.table.highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None


def _in_full(row: WhatIf, rows: Sequence[WhatIf]) -> Content:
    """What there was no room for in the line."""
    unasked = row.change.unasked
    said = f"{name_of(row)}: --suite {row.change.suite}"
    more = f"\nThe prompt never asked for {', '.join(unasked)}." if unasked else ""
    left = f"\n{pluralize(row.open, 'answer')} not judged by it yet." if row.open else ""
    gained = row.passed - rows[0].passed
    moved = f" · {gained:+d} passed" if row is not rows[0] else ""
    return Content.assemble((said, "bold"), moved, more, left)
