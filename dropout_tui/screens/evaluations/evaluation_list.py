"""The list of the evaluations of this program: how each stands, and the way from one to another."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.getters import query_one
from textual.widgets import OptionList, Static

from dropout_core.state.command_table import Command
from dropout_core.state.trial_state import Status
from dropout_tui.presenters.evaluations.live_evaluation import CommonLimit, LiveEvaluation
from dropout_tui.presenters.evaluations.open_evaluations import OpenEvaluations, OpenRow, row_of_open
from dropout_tui.presenters.trials.bulk_actions import cancel
from dropout_tui.screens.confirm import Choice, ConfirmScreen
from dropout_tui.screens.dashboard.cancel import begin_to_cancel, take_cancel_back
from dropout_tui.screens.live_screen import LiveScreen
from dropout_tui.text.numbers import pluralize
from dropout_tui.text.words.purse import spent_words
from dropout_tui.widgets.evaluations.open_detail import OpenDetail
from dropout_tui.widgets.evaluations.open_list import OpenList
from dropout_tui.widgets.heading import Heading
from dropout_tui.widgets.key_line import KeyLine
from dropout_tui.widgets.too_small import FLAT, SLIVER, TooSmall

LEAST = (36, 6)
"""Columns and lines."""
NOT_OPEN = "Evaluation {} takes no commands now."


class EvaluationListScreen(LiveScreen[None]):
    """One line for each evaluation of this program, live."""

    TITLE = "Evaluations of this program"
    HELP = """\
# Evaluations of this program

They run beside each other. The first of those that are *queued* begins when nothing else is under way; an evaluation
whose runs are paused still is. **enter** opens one, **s** starts it now, **K** and **J** let it wait less or more.

The requests in flight of all stay under one limit: the largest that any of them has, or what **+** and **-** set here;
**0** leaves it to them again. The next run is that of the evaluation with the fewest in flight. All requests to one
server slow down together when it asks for that.

**B** limits what all may cost together. Where that lets nothing begin, every evaluation waits, and goes on by itself
when there is more. The budget of each evaluation holds besides, and so does its own number at once.

**d** takes one off the list that has ended or is queued; the history keeps it.
"""
    AUTO_FOCUS = "OpenList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause_or_resume", "Pause", id="list.pause", tooltip="Pause or resume all its runs"),
        Binding("s", "start", "Start", id="list.start", tooltip="Start it now, or go on with what waits"),
        Binding("x", "cancel", "Cancel", id="list.cancel", tooltip="Cancel its unfinished runs, after asking"),
        Binding("U,u", "undo", "Undo cancel", id="list.undo", tooltip="Take the cancel back: the runs go on"),
        Binding("K,shift+up", "move(-1)", "Sooner", id="list.sooner", tooltip="Let it wait for one fewer"),
        Binding("J,shift+down", "move(1)", "Later", id="list.later", tooltip="Let it wait for one more"),
        Binding("B", "purse", "Budget", id="list.budget",
                tooltip="Change what all evaluations of this program may cost together"),
        Binding("plus,equals_sign", "limit(1)", "More at once", id="list.faster", key_display="+",
                tooltip="Let one more request of all be in flight"),
        Binding("minus", "limit(-1)", "Fewer at once", id="list.slower", key_display="-",
                tooltip="Let one request fewer of all be in flight"),
        Binding("0", "automatic_limit", "Limit as theirs", id="list.automatic",
                tooltip="Let the limit be the largest that any of them has, no longer what + and - have set"),
        Binding("d,delete", "close", "Off the list", id="list.close",
                tooltip="Take it off the list; the history keeps it"),
        Binding("escape,l,backspace", "back", "Back", id="list.back", tooltip="Back to where you were"),
        Binding("n", "app.new_evaluation", "New", id="app.new", tooltip="Set up another evaluation"),
        Binding("h,f3", "app.history", "History", id="app.history", tooltip="All stored evaluations"),
        Binding("question_mark", "app.toggle_help", "Help", id="app.help", key_display="?", tooltip="What the keys do"),
        Binding("q", "app.leave", "Quit", id="app.quit", tooltip="Leave; asks first when runs are in flight"),
    ]  # fmt: skip

    HORIZONTAL_BREAKPOINTS = [(0, SLIVER), (LEAST[0], "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, FLAT), (LEAST[1], "-low"), (14, "-high")]
    DEFAULT_CSS = """
    EvaluationListScreen {
        & #columns { height: 1; padding: 0; text-wrap: nowrap; }
        & OpenList { height: 1fr; border: none; padding: 0; }
        &.-low OpenDetail { display: none; }
    }
    """

    heading = query_one(Heading)
    columns = query_one("#columns", Static)
    table = query_one(OpenList)
    detail = query_one(OpenDetail)

    def __init__(self, program: OpenEvaluations) -> None:
        """List the evaluations of `program`."""
        super().__init__()
        self._program = program
        self._rows: dict[int, tuple[int, OpenRow]] = {}
        """By its number, the version of an evaluation and its row then."""
        self._shown: tuple[object, ...] = ()
        self._possible: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """The list, and more about its highlighted line."""
        yield Heading("Evaluations")
        yield Static(id="columns", markup=False)
        yield OpenList()
        yield OpenDetail()
        yield KeyLine()
        yield TooSmall(*LEAST, "esc goes back.")

    def on_mount(self) -> None:
        """Begin to look."""
        live = self._program.live
        self.look(None if live is None else live.number)

    def look(self, on: int | None = None) -> None:
        """Bring the list up to date, if anything changed, with the cursor on evaluation `on`."""
        if not self.is_in_sight:
            return
        rows = tuple(map(self._row, self._program.evaluations))
        program = self._program
        said = _counted(
            rows,
            program.limits.limit,
            spent=spent_words(program.limits.purse, program.limits.spent),
            held=program.line_is_held,
        )
        shown = (rows, said)
        if shown != self._shown or on is not None:
            self._shown = shown
            self.table.show(rows, on)
            self.heading.show(said)
            self._show_selected()

    def _row(self, live: LiveEvaluation) -> OpenRow:
        version, row = self._rows.get(live.number, (None, None))
        if row is None or version != live.version:
            row = row_of_open(live)
            self._rows[live.number] = (live.version, row)
        return row

    @property
    def selected(self) -> LiveEvaluation | None:
        """The evaluation under the cursor."""
        row = self.table.selected
        return next((live for live in self._program.evaluations if row and live.number == row.number), None)

    @on(OpenList.Fitted)
    def _show_heads(self, fitted: OpenList.Fitted) -> None:
        self.columns.update(fitted.heads)

    @on(OptionList.OptionHighlighted)
    def _show_selected(self) -> None:
        self.detail.show(self.selected)
        possible = (
            *(self.check_action(action, ()) for action in ("move", "undo", "automatic_limit")),
            *(self.words_for(action) for action in ("pause_or_resume", "cancel")),
        )
        if possible != self._possible:
            self._possible = possible
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Hide what concerns those in line for others, and what there is nothing of."""
        live = self.selected if self.is_mounted else None
        match action:
            case "move":
                return live is not None and live.place_in_line is not None
            case "undo":
                return live is not None and bool(live.cancelling)
            case "automatic_limit":
                return self._program.limits.limit.is_chosen
            case _:
                return True

    def words_for(self, action: str) -> str | None:
        """Another label for a key, where it does another thing: see `Rewording`."""
        live = self.selected
        if live is None:
            return None
        if action == "pause_or_resume" and not _pauses(live) and live.state.tally.count(Status.PAUSED):
            return "Resume"
        return "Off the queue" if action == "cancel" and live.place_in_line is not None else None

    # ---- acting on the selected one -------------------------------------------------------------------------------

    @on(OptionList.OptionSelected)
    def _open(self) -> None:
        if (live := self.selected) is not None:
            self._program.show(live.number)

    def action_pause_or_resume(self) -> None:
        """Pause all unfinished runs of the evaluation; when all are paused, resume them."""
        live = self.selected
        if live is None or live.commands is None:
            self._say_not_open(live)
        else:
            self._say((live.commands.pause if _pauses(live) else live.commands.resume)())

    def action_start(self) -> None:
        """Start the evaluation now: one in line, one that broke off, or what waits in one that was stopped."""
        live = self.selected
        if live is None:
            return
        if live.place_in_line is not None:
            self._program.begin_now(live.number)
        elif live.halted:
            # The app's worker, since this screen is left.
            self.app.run_worker(
                self._program.begin_again(live.number), group="going on", exclusive=True, exit_on_error=False
            )
        elif live.commands is None:
            self._say_not_open(live)
        elif live.no_money is not None:
            self._say(f"{live.no_money} B changes it.")
        else:
            self._say(live.commands.start())

    def action_cancel(self) -> None:
        """End the unfinished runs of the evaluation as void, after asking; one in line leaves it."""
        live = self.selected
        if live is not None and live.place_in_line is not None:
            self._close(live.number)
            return
        if live is None or live.commands is None:
            self._say_not_open(live)
            return
        able = cancel(live.state.trials, live.may).trials
        if not able:
            self._say(live.commands.refusal(Command.CANCEL))
            return

        def answered(answer: str | None) -> None:
            if answer == "yes":
                self._say(begin_to_cancel(self, live, able))

        question = f"Cancel {pluralize(len(able), 'unfinished run')} of evaluation {live.number}?"
        choices = [Choice("yes", "y", "Yes, cancel"), Choice("no", "n", "No")]
        self.app.push_screen(ConfirmScreen(question, choices, safe="no"), answered)

    def action_undo(self) -> None:
        """Take back the latest cancel."""
        if (live := self.selected) is not None:
            take_cancel_back(self, live)

    def action_move(self, by: int) -> None:
        """Let an evaluation in line come earlier or later."""
        if (live := self.selected) is not None and live.place_in_line is not None:
            self._program.move(live.number, by)
            self.look(live.number)

    def action_limit(self, by: int) -> None:
        """Let more or fewer requests of all evaluations be in flight."""
        self._program.limits.choose(by)
        self.look()

    def action_automatic_limit(self) -> None:
        """Let the limit be the largest that any evaluation has."""
        self._program.limits.let_be()
        self.look()

    def action_purse(self) -> None:
        """Change what all evaluations may cost together."""
        from dropout_tui.screens.evaluations.purse import PurseScreen

        limits = self._program.limits
        spent = spent_words(limits.purse, limits.spent) or "nothing spent yet"
        self.app.push_screen(PurseScreen(limits.purse, spent, limits.fill))

    def action_close(self) -> None:
        """Take an evaluation off the list."""
        if (live := self.selected) is not None:
            self._close(live.number)

    def _close(self, number: int) -> None:
        async def closed() -> None:
            why = await self._program.close(number)
            if why is not None:
                self.app.notify(why, markup=False)

        # The app's worker, since this screen may be left meanwhile.
        self.app.run_worker(closed(), group="closing", exit_on_error=False)

    def action_back(self) -> None:
        """Back to the screen below."""
        self.dismiss()

    def _say(self, refusal: str | None) -> None:
        if refusal is not None:
            self.notify(refusal, markup=False)

    def _say_not_open(self, live: LiveEvaluation | None) -> None:
        if live is not None:
            self._say(NOT_OPEN.format(live.number) if live.refusal is None else live.refusal.reason)


def _pauses(live: LiveEvaluation) -> bool:
    """Whether pausing has an effect; otherwise the same key resumes."""
    count = live.state.tally.count
    return bool(count(Status.RUNNING) + count(Status.QUEUED)) and live.may(Command.PAUSE)


def _counted(rows: tuple[OpenRow, ...], limit: CommonLimit, *, spent: str, held: bool) -> str:
    in_flight = sum(row.in_flight for row in rows)
    parts = (
        f"{len(rows)} open",
        f"{in_flight:,} of {limit.most:,} in flight{', set here' if limit.is_chosen else ''}",
        spent,
        "none of the queue begins by itself" if held else "",
    )
    return " · ".join(filter(None, parts))
