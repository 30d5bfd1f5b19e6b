"""The dashboard: the trials of one evaluation as they come in, and what they add up to."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.getters import query_one
from textual.screen import Screen
from textual.widgets import Footer, Static

from dropout_core.state import EvaluationState
from dropout_core.trial_state import Status, TrialState
from dropout_tui.live import Commands, ConversationSource, LiveEvaluation
from dropout_tui.screens.confirm import Choice, ConfirmScreen
from dropout_tui.screens.trial import TrialScreen
from dropout_tui.widgets.failing_checks import FailingChecks
from dropout_tui.widgets.outcome_strip import OutcomeStrip
from dropout_tui.widgets.pass_rate import PassRate
from dropout_tui.widgets.preview import Preview
from dropout_tui.widgets.tallies import Tallies
from dropout_tui.widgets.title_bar import TitleBar
from dropout_tui.widgets.trial_table import TrialTable

FRAMES_A_SECOND = 20
CLOCK_SECONDS = 0.2
"""How often times are brought up to date while nothing else happens."""

CHARACTERS_A_TOKEN = 4
ROOMY = 100
"""Columns from which things need not be pressed together."""
TOO_SMALL = "Make this terminal larger: 36×8 is the least. The runs go on; q quits."
VIEWS = ("table", "checks", "preview")
"""What a narrow screen shows one at a time."""


class DashboardScreen(Screen[None]):
    """One evaluation, live or stored."""

    TITLE = "Dashboard"

    HELP = """\
# Dashboard

The bar shows the pass rate `●`, its 95 % interval `├──┤` and the band `╫`.
Select a run to preview it; **enter** opens it with its code, checks and conversation.

**space** holds the selected run at its next boundary – before a request, between steps, before grading –
and lets it go on. A paused run gives its place to others. A rerun is a new attempt: the first graded one counts.
"""

    BINDINGS = [
        Binding("space", "pause_or_resume", "Pause", id="run.pause", tooltip="Pause or resume the selected run"),
        Binding("r", "rerun", "Rerun", id="run.rerun", tooltip="Make a new attempt; the old one is kept"),
        Binding("x", "cancel", "Cancel", id="run.cancel", tooltip="Stop the selected run; it counts as void"),
        Binding("question_mark", "app.toggle_help", "Help", id="app.help", key_display="?", tooltip="What the keys do"),
        Binding("q", "app.leave", "Quit", id="app.quit", tooltip="Leave; asks first when runs are in flight"),
        Binding("P", "pause_all", "Pause all", id="all.pause", tooltip="Pause or resume every run"),
        Binding("s", "start", "Start", id="all.start", tooltip="Go on with the trials that have not been made"),
        Binding("v", "next_view", "View", id="view.next", tooltip="Table, failing checks or preview"),
        Binding("n", "app.new_evaluation", "New", id="app.new", tooltip="Set up another evaluation"),
        Binding("h,f3", "app.history", "History", id="app.history", tooltip="All stored evaluations"),
        Binding("R", "rerun_all", "Rerun all", id="all.rerun", show=False, tooltip="A new attempt of every ended run"),
        Binding("X", "cancel_all", "Cancel all", id="all.cancel", show=False, tooltip="Cancel every unfinished run"),
        Binding("plus,equals_sign", "concurrency(1)", "More at once", id="all.faster", show=False,
                tooltip="Let one more run be in flight", key_display="+"),
        Binding("minus", "concurrency(-1)", "Fewer at once", id="all.slower", show=False,
                tooltip="Let one run fewer be in flight", key_display="-"),
    ]  # fmt: skip

    HORIZONTAL_BREAKPOINTS = [(0, "-sliver"), (36, "-narrow"), (ROOMY, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (8, "-low"), (18, "-middling"), (30, "-high")]

    DEFAULT_CSS = """
    DashboardScreen {
        & #head { height: auto; padding: 0 1; }
        & PassRate { height: 5; }
        & #body { height: 1fr; }
        & TrialTable { width: 1fr; }
        & #side { width: 44%; max-width: 90; border-left: vkey $panel-lighten-1; padding: 0 0 0 1; }
        & FailingChecks { height: auto; max-height: 50%; margin-bottom: 1; }
        & Preview { height: 1fr; }
        &.-middling PassRate { height: 3; }
        &.-low PassRate { height: 1; border: none; }
        &.-low OutcomeStrip { display: none; }
        &.-narrow #side { display: none; width: 100%; max-width: 100%; border-left: none; padding: 0 1; }
        &.-narrow.-view-checks, &.-narrow.-view-preview {
            & TrialTable { display: none; }
            & #side { display: block; }
        }
        &.-narrow.-view-checks { & Preview { display: none; } & FailingChecks { max-height: 100%; } }
        &.-narrow.-view-preview FailingChecks { display: none; }
        & #too-small { display: none; }
        &.-sliver, &.-flat {
            & > * { display: none; }
            & > #too-small { display: block; }
        }
    }
    """

    title_bar = query_one(TitleBar)
    pass_rate = query_one(PassRate)
    tallies = query_one(Tallies)
    strip = query_one(OutcomeStrip)
    table = query_one(TrialTable)
    failing_checks = query_one(FailingChecks)
    preview = query_one(Preview)

    def __init__(
        self, live: LiveEvaluation, source: ConversationSource, *, clock: Callable[[], float] = time.time
    ) -> None:
        """Show `live`; conversations are read from `source`. `clock` gives seconds since the epoch."""
        super().__init__()
        self._live = live
        self._source = source
        self._clock = clock
        self._shown_version = -1
        self._shown_at = 0.0
        self._shown_state: EvaluationState | None = None
        self._view = 0

    def compose(self) -> ComposeResult:
        """Put the widgets together."""
        yield TitleBar()
        with Vertical(id="head"):
            yield PassRate()
            yield Tallies()
            yield OutcomeStrip()
        with Horizontal(id="body"):
            yield TrialTable()
            with Vertical(id="side"):
                yield FailingChecks()
                yield Preview()
        yield Footer(show_command_palette=False)
        yield Static(TOO_SMALL, id="too-small", markup=False)

    def on_mount(self) -> None:
        """Begin to look."""
        self.table.focus()
        self._look()
        self.set_interval(1 / FRAMES_A_SECOND, self._look)

    def on_resize(self) -> None:
        """Set the keys closer where they would not fit."""
        self.query_one(Footer).compact = self.size.width < ROOMY

    @property
    def live(self) -> LiveEvaluation:
        """The evaluation on this screen."""
        return self._live

    @property
    def selected(self) -> TrialState | None:
        """The trial under the cursor."""
        number = self.table.cursor_trial
        return None if number is None else self._live.state.trial(number)

    @on(TrialTable.Highlighted)
    def _preview_highlighted(self) -> None:
        self._show_selected()
        self.refresh_bindings()

    @on(TrialTable.Opened)
    def _open_trial(self, event: TrialTable.Opened) -> None:
        screen = TrialScreen(self._live, event.trial, self._source)

        def came_back(_: object) -> None:
            self.table.move_to(screen.trial)

        self.app.push_screen(screen, came_back)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Dim the keys that would do nothing just now."""
        if action not in _COMMANDS:
            return action != "next_view" or self.has_class("-narrow")
        if self._live.commands is None:
            return False
        selected = self.selected
        match action:
            case "pause_or_resume" | "cancel":
                return None if selected is None or selected.status.settled else True
            case "rerun":
                return None if selected is None else True
            case "start":
                return _can_start(self._live.state) or self._live.halted
            case _:
                return True

    def action_pause_or_resume(self) -> None:
        """Hold the selected trial, or let it go on."""
        selected, commands = self.selected, self._live.commands
        if selected is not None and commands is not None:
            held = selected.status in (Status.PAUSED, Status.PAUSING)
            (commands.resume if held else commands.pause)(selected.number)

    def action_rerun(self) -> None:
        """Make a new attempt of the selected trial."""
        if self.selected is not None and self._live.commands is not None:
            self._live.commands.rerun(self.selected.number)

    def action_cancel(self) -> None:
        """End the selected trial's attempt as void."""
        if self.selected is not None and self._live.commands is not None:
            self._live.commands.cancel(self.selected.number)

    def action_pause_all(self) -> None:
        """Hold every unfinished trial; when all are held, let them go on."""
        commands, tally = self._live.commands, self._live.state.tally
        if commands is not None:
            going = tally.count(Status.RUNNING) + tally.count(Status.QUEUED)
            (commands.pause if going else commands.resume)()

    def action_rerun_all(self) -> None:
        """Make a new attempt of every ended trial, after asking: it costs what they cost."""
        tally = self._live.state.tally
        ended = sum(tally.count(status) for status in Status if status.settled)
        if ended:
            question = f"Make a new attempt of {_runs(ended)}? Each asks the model again."
            self._ask(question, "Yes, rerun", lambda commands: commands.rerun())

    def action_cancel_all(self) -> None:
        """End every unfinished trial as void, after asking."""
        state = self._live.state
        unfinished = len(state.trials) - sum(state.tally.count(status) for status in Status if status.settled)
        if unfinished:
            question = f"Cancel {_runs(unfinished)}? They end as void and are not counted."
            self._ask(question, "Yes, cancel", lambda commands: commands.cancel())

    def _ask(self, question: str, yes: str, then: Callable[[Commands], None]) -> None:
        def answered(answer: str | None) -> None:
            if answer == "yes" and self._live.commands is not None:
                then(self._live.commands)

        choices = [Choice("yes", "y", yes), Choice("no", "n", "No")]
        self.app.push_screen(ConfirmScreen(question, choices, safe="no"), answered)

    def action_start(self) -> None:
        """Go on after a stop."""
        if self._live.commands is not None:
            self._live.commands.start()

    def action_concurrency(self, change: int) -> None:
        """Let more or fewer trials be in flight."""
        if self._live.commands is not None:
            self._live.commands.set_concurrency(self._live.state.limit + change)

    def action_next_view(self) -> None:
        """On a narrow screen, show the next of table, chart and preview."""
        self._view = (self._view + 1) % len(VIEWS)
        for index, view in enumerate(VIEWS):
            self.set_class(index == self._view, f"-view-{view}")
        (self.preview if VIEWS[self._view] == "preview" else self.table).focus()

    def _look(self) -> None:
        """Bring the screen up to what is so, if anything changed."""
        if not self.is_current:
            return
        now = self._clock()
        version = self._live.version
        if version == self._shown_version and now - self._shown_at < CLOCK_SECONDS:
            return
        state = self._live.state
        if version == self._shown_version and (state.ended_at is not None or self._live.halted):
            return
        changed = state is not self._shown_state
        self._shown_version, self._shown_at, self._shown_state = version, now, state
        self.title_bar.show(self._live.number, state, now, halted=self._live.halted)
        self.tallies.show(state, now)
        self.table.show(
            state.trials,
            now,
            max_steps=state.config.max_steps if state.config.mode == "agent" else 1,
            live_tokens=self._arriving_tokens,
        )
        if changed:
            self.pass_rate.show(state)
            self.strip.show(state)
            self.failing_checks.show(state)
            self.refresh_bindings()
        self._show_selected()

    def _show_selected(self) -> None:
        selected = self.selected
        if selected is not None:
            self.preview.show(selected, self._live.arriving(selected.number))

    def _arriving_tokens(self, trial: int) -> int:
        return len(self._live.arriving(trial)) // CHARACTERS_A_TOKEN


_COMMANDS = frozenset(
    {
        "pause_or_resume",
        "rerun",
        "cancel",
        "pause_all",
        "rerun_all",
        "cancel_all",
        "start",
        "concurrency",
    }
)


def _can_start(state: EvaluationState) -> bool:
    """Whether trials wait that nothing will start by itself."""
    return state.ended_at is not None and state.tally.count(Status.QUEUED) > 0


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count:,} runs"
