"""The dashboard: the trials of one evaluation as they come in, and their pass rate."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.getters import query_one

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import TrialState
from dropout_tui.presenters.evaluations.live_evaluation import ConversationSource, LiveEvaluation
from dropout_tui.presenters.trial.current_answer import CurrentAnswer
from dropout_tui.presenters.trials.trial_filter import Choice as RunChoice
from dropout_tui.presenters.trials.trial_filter import Failing, WithStatus
from dropout_tui.screens.dashboard.commands import DashboardCommands
from dropout_tui.screens.dashboard.keys import DASHBOARD_KEYS
from dropout_tui.text.words.costs import cost_words
from dropout_tui.widgets.dashboard.failing_checks import FailingChecks
from dropout_tui.widgets.dashboard.outcome_strip import OutcomeStrip
from dropout_tui.widgets.dashboard.pass_rate import PassRate
from dropout_tui.widgets.dashboard.preview import Preview
from dropout_tui.widgets.dashboard.tallies import Tallies
from dropout_tui.widgets.dashboard.warning_line import WarningLine
from dropout_tui.widgets.key_line import KeyLine
from dropout_tui.widgets.title_bar import TitleBar
from dropout_tui.widgets.too_small import FLAT, SLIVER, TooSmall
from dropout_tui.widgets.trials.filter_line import FilterInput
from dropout_tui.widgets.trials.runs_pane import RunsPane
from dropout_tui.widgets.trials.trial_table import TrialTable

CLOCK_SECONDS = 0.2
"""Seconds between updates of the times shown while nothing else changes."""

CHARACTERS_A_TOKEN = 4
ROOMY = 100
"""Least columns for two panes side by side."""
LEAST = (36, 8)
"""Columns and lines."""
VIEWS = ("table", "checks", "preview")
"""The views of which a narrow screen shows one at a time."""


class DashboardScreen(DashboardCommands):
    """One evaluation, live or stored."""

    TITLE = "Dashboard"
    HELP = """\
# Dashboard

The picture shows the pass rate `●`, its 95 % interval `├──┤`, the wider one that may be looked at any time
`╎╌╌╎`, and the band `╫░╫`. Failing answers tend to be short and to end first, so the wider one and the decision
go by the runs before the first that is still under way. Failures *beside the task* – a reply cut off at the token
limit, a refusal, no code – are counted apart: no check is to blame for them. Select a run to preview it; **enter**
opens it.

**space** holds the selected run at its next boundary – before a request, between steps, before grading –
and lets it go on. A paused run gives its place to others. A rerun is a new attempt: the first graded one counts.
A run that is cancelled is held at first; for some seconds **U** lets it go on.
Marked with **m**, many runs are paused, rerun or cancelled at once.

**A** makes 20 more runs, also when all have ended; **B** changes runs, band, tolerance and budget.
**n** sets up another evaluation beside this one, or after it; **l** lists those of this program.

**/** shows the runs that say every word: `failed check:scaling code:random.rand !flagged`. `|` is *or*, quotes hold
words together, and `reply:` searches what was said: `reply:"I cannot" | void`. So does a click on
a count, on a failing check or on the pass rate. **g** puts failures of one cause under one heading, those whose
code has one shape together. Rows keep their places for a second while runs end, and the cursor its run.
"""

    BINDINGS: ClassVar[list[BindingType]] = DASHBOARD_KEYS

    CSS_PATH = Path(__file__).with_name("dashboard.tcss")

    LOOKS_PER_SECOND = 20
    HORIZONTAL_BREAKPOINTS = [(0, SLIVER), (LEAST[0], "-narrow"), (ROOMY, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, FLAT), (LEAST[1], "-low"), (18, "-middling"), (30, "-high")]

    title_bar = query_one(TitleBar)
    pass_rate = query_one(PassRate)
    tallies = query_one(Tallies)
    warning_line = query_one(WarningLine)
    strip = query_one(OutcomeStrip)
    table = query_one(TrialTable)
    runs = query_one(RunsPane)
    failing_checks = query_one(FailingChecks)
    preview = query_one(Preview)

    def __init__(
        self, live: LiveEvaluation, source: ConversationSource, *, clock: Callable[[], float] = time.time
    ) -> None:
        """Show `live`; conversations are read from `source`. `clock` returns seconds since the epoch."""
        super().__init__(live)
        self._source = source
        self._clock = clock
        self._shown_version = -1
        self._shown_at = 0.0
        self._shown_state: EvaluationState | None = None
        self._shown_possible: tuple[object, ...] = ()
        self._narrow_view = 0
        self._follows_cursor = False

    def compose(self) -> ComposeResult:
        """Put the widgets together."""
        yield TitleBar()
        with Vertical(id="head"):
            yield PassRate()
            yield Tallies()
            yield WarningLine()
            yield OutcomeStrip()
        with Horizontal(id="body"):
            yield RunsPane(partial(self._source.conversation, self._live.number))
            with Vertical(id="side"):
                yield FailingChecks()
                yield Preview()
        yield KeyLine()
        yield TooSmall(*LEAST, "The runs go on; q quits.")

    def on_mount(self) -> None:
        """Show the evaluation as it is, with the focus on the table."""
        self.table.focus()
        self.look()

    def on_resize(self) -> None:
        """Show the table view again where everything fits."""
        self.call_after_refresh(self._show_what_is_possible)

    @property
    def selected(self) -> TrialState | None:
        """The trial under the cursor."""
        number = self.table.cursor_trial
        return None if number is None else self._live.state.trial(number)

    @property
    def targets(self) -> list[TrialState]:
        """The trials that keys act on: the marked ones, or the group or the trial under the cursor."""
        return [self._live.state.trial(number) for number in self.runs.targets]

    def unmark(self) -> None:
        """Remove the marks."""
        self.table.mark(frozenset())

    def show_only(self, choice: RunChoice) -> None:
        """Show the table with only the runs of `choice`."""
        self.runs.choose(choice)
        self._show_view(0)

    def current_answer(self) -> CurrentAnswer | None:
        """The newest attempt of the trial under the cursor."""
        trial = self.selected
        return None if trial is None else CurrentAnswer.of(self._live, trial, trial.latest)

    @on(TrialTable.Highlighted)
    def _follow_cursor(self) -> None:
        """Paint the cursor first, and the preview after it: that takes longer, and only where the cursor rests."""
        if not self._follows_cursor:
            self._follows_cursor = True
            self.call_after_refresh(self._show_highlighted)

    def _show_highlighted(self) -> None:
        self._follows_cursor = False
        self._show_selected()
        self._show_what_is_possible()

    @on(RunsPane.Rearranged)
    def _say_what_is_shown(self) -> None:
        choice = self.runs.choice
        self.failing_checks.choose(choice.check if isinstance(choice, Failing) else None)
        self._show_selected()
        self._show_what_is_possible()

    @on(FailingChecks.Chosen)
    def _show_failing(self, event: FailingChecks.Chosen) -> None:
        self.runs.toggle(Failing(event.check))
        self._show_view(0)

    @on(Tallies.Chosen)
    @on(PassRate.Chosen)
    def _show_status(self, event: Tallies.Chosen | PassRate.Chosen) -> None:
        self.runs.toggle(WithStatus(event.status))
        self._show_view(0)

    @on(PassRate.BandChosen)
    @on(Tallies.CostChosen)
    def _ask_for_plan(self) -> None:
        self.action_change_plan()

    @on(TrialTable.Opened)
    def _open_trial(self, event: TrialTable.Opened) -> None:
        from dropout_tui.screens.trial.screen import TrialScreen

        screen = TrialScreen(self._live, event.trial, self._source, order=self.runs.order_shown)

        def came_back(_: object) -> None:
            self.table.move_to(screen.trial)

        self.app.push_screen(screen, came_back)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Dim the keys that would have no effect now."""
        if action == "show_all":
            return self.has_more_to_show or None
        if action == "filter":
            # While a filter is typed, that key types a letter.
            return not isinstance(self.focused, FilterInput)
        if action in self.ASKING:
            return self.takes(action)
        return action != "next_view" or self.has_class("-narrow")

    def action_filter(self) -> None:
        """Let the user type a filter."""
        self._show_view(0)
        self.runs.type_filter()

    def action_group(self) -> None:
        """Group failures by cause, or stop doing so."""
        self.runs.toggle_groups()

    def action_order(self) -> None:
        """Order the rows by the next column."""
        self.runs.order_by_next_column()

    def action_reverse(self) -> None:
        """Reverse the order of the rows."""
        self.runs.reverse()

    def action_outcome(self) -> None:
        """Show only the trials of the next outcome, or all."""
        self.runs.show_next_outcome()

    @property
    def has_more_to_show(self) -> bool:
        """Whether `action_show_all` would change anything."""
        return self.runs.can_show_more or self._is_beside_the_table

    @property
    def _is_beside_the_table(self) -> bool:
        """Whether a narrow screen shows another view than the table."""
        return self._narrow_view > 0 and self.has_class("-narrow")

    def action_show_all(self) -> None:
        """Go back to the table; there, remove the marks; without marks, show every run."""
        if self._is_beside_the_table:
            self._show_view(0)
        else:
            self.runs.show_all()

    def action_next_view(self) -> None:
        """On a narrow screen, show the next of table, chart and preview."""
        self._show_view((self._narrow_view + 1) % len(VIEWS))
        (self.table, self.failing_checks, self.preview)[self._narrow_view].focus()

    def _show_view(self, index: int) -> None:
        if index != self._narrow_view:
            self._narrow_view = index
            for place, view in enumerate(VIEWS):
                self.set_class(place == index, f"-view-{view}")
            if index == 0 and self.has_class("-narrow"):
                self.table.focus()

    def look(self) -> None:
        """Bring the screen up to date, if anything changed."""
        if not self.is_in_sight:
            return
        now = self._live.at(self._clock())
        version = self._live.version
        if version == self._shown_version:
            if self.runs.settling:
                self._show_rows(now)
            if now - self._shown_at < CLOCK_SECONDS:
                return
        state = self._live.state
        if version == self._shown_version and (state.ended_at is not None or self._live.halted):
            return
        changed, held = state is not self._shown_state, self._live.held_since is not None
        self._shown_version, self._shown_at, self._shown_state = version, now, state
        self.title_bar.show(
            self._live.number,
            state,
            now,
            halted=self._live.halted,
            held=held,
            held_back=self._live.no_money is not None,
            place=self._live.place,
            place_in_line=self._live.place_in_line,
            limit_of_all=None if (common := self._live.common_limit) is None else common.most,
        )
        self.tallies.show(state, now, cost_words(state))
        self._show_rows(now)
        if changed:
            self.pass_rate.show(state)
            self.warning_line.show(state)
            self.strip.show(state)
            self.failing_checks.show(state)
        self._show_selected()
        self._show_what_is_possible()

    def _show_rows(self, now: float) -> None:
        self.runs.show(self._live.state, now, self._arriving_tokens)

    def _show_selected(self) -> None:
        heading = self.table.cursor_heading
        number = self.table.cursor_trial if heading is None else heading.trials[0]
        if number is None:
            self.preview.show_none()
        else:
            self.preview.show(self._live.state.trial(number), self._live.arriving(number))

    def _show_what_is_possible(self) -> None:
        """Refresh the line of keys, but only when it would change: that checks every binding."""
        able = (self.check_action(action, ()) for action in (*sorted(self.ASKING), "show_all", "next_view"))
        worded = (self.words_for(action) for action in ("pause_or_resume", "pause_all"))
        possible = (self._live.refusal, *able, *worded)
        if possible != self._shown_possible:
            self._shown_possible = possible
            self.refresh_bindings()

    def _arriving_tokens(self, trial: int) -> int:
        return len(self._live.arriving(trial)) // CHARACTERS_A_TOKEN
