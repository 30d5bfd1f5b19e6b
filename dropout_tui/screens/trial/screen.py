"""The screen of one trial: what the model wrote, which check failed, and by how much."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.events import DescendantFocus
from textual.widget import Widget
from textual.widgets import Static

from dropout_core.state.trial_state import AttemptState, Status, TrialState
from dropout_core.verdict.verdict import Check
from dropout_tui.presenters.evaluations.live_evaluation import ConversationSource, LiveEvaluation
from dropout_tui.presenters.trial.current_answer import CurrentAnswer
from dropout_tui.presenters.trial.repeat_store import RepeatStore
from dropout_tui.screens.trial import layout
from dropout_tui.screens.trial.commands import TrialCommands
from dropout_tui.screens.trial.help import TRIAL_HELP
from dropout_tui.screens.trial.keys import TRIAL_KEYS
from dropout_tui.screens.trial.trust import Trust
from dropout_tui.text.labels import mark_of_trial
from dropout_tui.text.sanitize import visible_line
from dropout_tui.text.words.trust import GradedAgain
from dropout_tui.widgets.key_line import KeyLine
from dropout_tui.widgets.tab_frame import TabFrame
from dropout_tui.widgets.text_search import PlacesChanged, SearchInput, TextSearch
from dropout_tui.widgets.too_small import TooSmall
from dropout_tui.widgets.trial.attempt_conversation import AttemptConversation
from dropout_tui.widgets.trial.attempt_list import AttemptList
from dropout_tui.widgets.trial.attempts_pane import AttemptsPane
from dropout_tui.widgets.trial.check_detail import CheckDetail
from dropout_tui.widgets.trial.check_list import NOT_REACHED, NOT_YET, CheckList, checks_to_come
from dropout_tui.widgets.trial.code_view import CodeLines, CodeView
from dropout_tui.widgets.trial.conversation_view import ConversationView
from dropout_tui.widgets.trial.flag_list import FlagList
from dropout_tui.widgets.trial.trial_title import TrialTitle
from dropout_tui.widgets.trial.trust_line import TrustLine

PANES = ("checks", "work", "detail")


class TrialScreen(TrialCommands, inherit_bindings=False):
    """The checks of one attempt beside its code, its conversation or the list of attempts.

    Several times a second it compares what it shows with `live`, and repaints what changed.
    """

    TITLE = "Run"
    HELP = TRIAL_HELP
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = layout.COLUMNS
    VERTICAL_BREAKPOINTS = layout.LINES

    BINDINGS: ClassVar[list[BindingType]] = TRIAL_KEYS

    DEFAULT_CSS = layout.LAYOUT

    checks = getters.query_one(CheckList)
    detail = getters.query_one(CheckDetail)
    tabs = getters.query_one(TabFrame)
    search = getters.query_one(TextSearch)
    _title = getters.query_one(TrialTitle)
    _flags = getters.query_one(FlagList)
    _trust_line = getters.query_one(TrustLine)

    def __init__(
        self,
        live: LiveEvaluation,
        trial: int,
        source: ConversationSource,
        now: Callable[[], float] = time.time,
        order: Sequence[int] | None = None,
    ) -> None:
        """Show `trial` (counted from 1) of `live`; its conversations are read from `source`.

        `order` holds the numbers of the trials that previous and next go through; all by default.
        """
        super().__init__(live, trial)
        self._source = source
        self._now: Callable[[], float] = lambda: live.at(now())
        self._order = order if order and trial in order else range(1, len(live.state.trials) + 1)
        self._drawn: TrialState | None = None
        self._drawn_attempt: int | None = None
        self._drawn_offered = self.offered
        self.code = CodeView(id="code")
        """Created, like the other tabs, when it is first shown."""
        self.conversation = AttemptConversation(live, source, id="conversation")
        self.attempts = AttemptsPane(id="attempts")
        self._trust = Trust(self, self._draw_trust, source if isinstance(source, RepeatStore) else None)

    def compose(self) -> ComposeResult:
        """The title, the panes and the footer."""
        yield TrialTitle()
        if notice := self._live.state.config.notice:
            yield Static(visible_line(notice), id="notice", markup=False)
        yield FlagList()
        yield TrustLine()
        with Container(id="panes"):
            yield CheckList()
            yield TabFrame(
                ("Code", self.code),
                ("Conversation", self.conversation),
                ("Attempts", self.attempts),
                initial=self._first_tab(),
                shown=self._draw_tabs,
                together=("code", "conversation"),
                beside=self._is_vast,
            )
            yield CheckDetail()
        yield TextSearch()
        yield KeyLine(dimmed_go_first=True)
        yield TooSmall(*layout.LEAST, "esc goes back.")

    def on_compose(self) -> None:
        """Take on the classes of what is shown first, which all widgets then find."""
        first = self._first_tab()
        here = "work" if first == "conversation" else "checks"
        self.update_classes({f"-at-{here}": True, **self._room_classes(first)}, update=False)

    def on_mount(self) -> None:
        """Draw, and focus the conversation while a reply arrives, otherwise the checks."""
        first = self.conversation if self._first_tab() == "conversation" else self.checks
        first.focus()
        self._draw()
        self.run_worker(
            self._trust.find(self._live.number, self._live.state.config),
            group="finding the task",
            exit_on_error=False,
        )

    def on_resize(self) -> None:
        """Where there is room, put code and conversation side by side, or the detail under the code."""
        self.call_later(self.tabs.set_beside, self._is_vast)
        self._flags.draw()
        self._trust_line.draw()
        self._make_room()

    def _make_room(self) -> None:
        """Put the detail under the code if there is room, and give the focused pane the whole width if there is not."""
        self.update_classes(self._room_classes(self.tab))

    def _room_classes(self, tab: str) -> dict[str, bool]:
        small = self.app.size.width < layout.FOR_CONVERSATION
        attempt = self.attempt
        code = "" if attempt is None or attempt.code is None else attempt.code
        length = layout.code_length(len(code.splitlines()), self.app.size.height) if tab == "code" else None
        return {
            "-reading": tab == "attempts" or (small and tab == "conversation"),
            **{name: name == length for name in layout.CODE_LENGTHS},
        }

    @property
    def _is_vast(self) -> bool:
        return self.app.size.width >= layout.VAST and self.app.size.height >= layout.MEDIUM

    def current_answer(self) -> CurrentAnswer | None:
        """The attempt on screen, and the check that is highlighted."""
        return CurrentAnswer.of(self._live, self.state, self.attempt, self.checks.current_answer)

    @property
    def tab(self) -> str:
        """The tab on screen: ``code``, ``conversation`` or ``attempts``."""
        return self.tabs.current

    def _first_tab(self) -> str:
        attempt = self.attempt
        being_written = attempt is not None and attempt.code is None and attempt.verdict is None
        return "conversation" if being_written else "code"

    # ---- looking --------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Repaint what changed."""
        if self.state is not self._drawn or self.offered != self._drawn_offered:
            self._draw()
            return
        if self.state.status in (Status.RUNNING, Status.PAUSING):
            self._draw_title()
            if self.tabs.is_ready("attempts"):
                self._draw_attempts()
        self._draw_conversation()

    def _draw(self) -> None:
        """Bring everything on screen up to date. What the user is reading stays in place."""
        attempt = self.attempt
        number = None if attempt is None else attempt.number
        other = self._drawn is None or self._drawn.number != self.trial or self._drawn_attempt != number
        self._drawn, self._drawn_attempt = self.state, number
        self._draw_title()
        self._flags.show(() if attempt is None or attempt.verdict is None else attempt.verdict.flags)
        self._draw_trust()
        self.checks.show(self._checks(), unobserved=self._unobserved, afresh=other)
        self._draw_tabs()
        offered = self.offered
        if offered != self._drawn_offered:
            self._drawn_offered = offered
            self.refresh_bindings()

    def _draw_tabs(self) -> None:
        """Fill the tabs on screen; the others are filled when they are shown."""
        self._make_room()
        if self.search.is_on:
            self.search.look_through(self._texts())
        if self.tabs.is_ready("code"):
            self._draw_code()
        if self.tabs.is_ready("attempts"):
            self._draw_attempts()
        self._draw_conversation()
        self._look_at(self.checks.current_answer)

    def _draw_conversation(self) -> None:
        if self.tabs.is_ready("conversation"):
            self.conversation.look(self.trial, self.attempt)

    def _draw_title(self) -> None:
        self._title.show(self.state, self.attempt, self._now())

    def _draw_trust(self) -> None:
        if not self.is_attached:
            return
        attempt = self.attempt
        self._trust_line.show(
            None if attempt is None else attempt.verdict, self._trust.task, self._graded_again
        )

    @property
    def _graded_again(self) -> GradedAgain | None:
        attempt = self.attempt
        if attempt is None:
            return None
        place = (self.trial, attempt.number)
        return self._trust.of(place, attempt.verdict, self._live.state.config)

    def grade_again(self, *, allow_weak_sandbox: bool) -> None:
        """Grade the answer on screen with fresh seeds."""
        here = self.current_answer()
        if here is not None:
            self._trust.begin(here, allow_weak_sandbox=allow_weak_sandbox)

    def _draw_code(self) -> None:
        attempt = self.attempt
        if attempt is not None and attempt.code is not None:
            self.code.show(attempt.code)
        else:
            self.code.explain(self._why_no_code(attempt))

    def _why_no_code(self, attempt: AttemptState | None) -> str:
        if attempt is not None and attempt.verdict is not None:
            return f"There is no code.\n\n{attempt.verdict.reason}"
        return f"There is no code yet: this run is {mark_of_trial(self.state).word}."

    def _checks(self) -> tuple[Check, ...]:
        attempt, config = self.attempt, self._live.state.config
        if attempt is None or attempt.verdict is None:
            return checks_to_come(config, "This run is not graded yet.")
        return tuple(attempt.verdict.checks) or checks_to_come(config, attempt.verdict.reason)

    @property
    def _unobserved(self) -> str:
        """The words for a check without an observation."""
        return NOT_YET if self.attempt is None or self.attempt.verdict is None else NOT_REACHED

    def _draw_attempts(self) -> None:
        self.attempts.show(self._live.state, self.state, self._drawn_attempt, self._now())

    # ---- what the reader does -------------------------------------------------------------------------------------

    @on(CheckList.Looked)
    def _look_at_check(self) -> None:
        self._look_at(self.checks.current_answer)

    def _look_at(self, check: Check | None) -> None:
        self.detail.show(check, unobserved=self._unobserved)
        if self.tabs.is_ready("code"):
            self.code.mark(None if check is None else check.line)

    @on(AttemptList.Chosen)
    def _look_at_attempt(self, event: AttemptList.Chosen) -> None:
        self._picked = None if event.attempt == len(self.state.attempts) else event.attempt
        self._draw()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """On a small terminal only the pane that has the focus is shown."""
        pane = next((pane for pane in self._panes() if pane in event.widget.ancestors_with_self), None)
        if pane is not None:
            self._be_at(pane)

    def action_back(self) -> None:
        """End the search, or else stop grading again; without either, go back."""
        if self.search.is_on:
            self.search.end()
        elif (again := self._graded_again) is not None and again.is_under_way:
            self._trust.stop()
        else:
            self.dismiss()

    async def action_search(self) -> None:
        """Search in the focused pane; from the attempts, in the code."""
        if not self._texts():
            await self.tabs.action_show("code")
        texts = self._texts()
        self._be_at(self.tabs.ready[0])
        self.search.look_through(texts)
        self.search.begin(next((text for text in texts if text is self.focused), None))

    def action_place(self, by: int) -> None:
        """Go to the next or the previous match."""
        self.search.step(by)

    @on(PlacesChanged)
    def _say_what_is_found(self) -> None:
        self.search.say()

    @on(TextSearch.Left)
    def _go_on_reading(self) -> None:
        in_conversation = self.search.current is self.conversation
        self.call_after_refresh(self._focus_in, self.conversation if in_conversation else self.tabs.ready[0])

    def _texts(self) -> tuple[CodeLines | ConversationView, ...]:
        """The searchable texts on screen."""
        code = (self.code.lines,) if self.tabs.is_ready("code") else ()
        return (*code, *((self.conversation,) if self.tabs.is_ready("conversation") else ()))

    def action_previous(self) -> None:
        """Show the previous trial; the tab stays."""
        self._step(-1)

    def action_next(self) -> None:
        """Show the next trial; the tab stays."""
        self._step(1)

    async def action_tab(self, name: str) -> None:
        """Show a tab and focus it."""
        with self.app.batch_update():
            await self.tabs.action_show(name)
            self._enter(next(tab for tab in self.tabs.ready if tab.id == name))

    async def action_diff(self) -> None:
        """Ask which run to compare this one with."""
        with self.app.batch_update():
            await self.tabs.action_show("attempts")
            self._be_at(self.attempts)
            self.attempts.ask_other()

    def action_pane(self, by: int) -> None:
        """Move the focus to another pane."""
        panes = self._panes()
        focused = self.focused
        here = next((n for n, pane in enumerate(panes) if focused and pane in focused.ancestors_with_self), 0)
        self._enter(panes[(here + by) % len(panes)])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Hide actions that this evaluation never takes, and dim those without an effect now."""
        if action == "place":
            return self.is_mounted and self.search.is_on
        if action == "search":
            # While a filter is typed, that key types a letter.
            return not isinstance(self.focused, SearchInput)
        return self.takes(action) if action in self.ASKING else True

    def _step(self, by: int) -> None:
        place = self._order.index(self.trial) + by
        if 0 <= place < len(self._order):
            self.trial, self._picked = self._order[place], None
            self._draw()

    # ---- panes ----------------------------------------------------------------------------------------------------

    def _panes(self) -> tuple[Widget, ...]:
        return (self.checks, *self.tabs.ready, self.detail)

    def _enter(self, pane: Widget) -> None:
        self._be_at(pane)
        # A hidden pane can be focused only after the next layout.
        self.call_after_refresh(self._focus_in, pane)

    def _be_at(self, pane: Widget) -> None:
        here = _name_of(pane)
        self.update_classes({f"-at-{name}": name == here for name in PANES})

    def _focus_in(self, pane: Widget) -> None:
        for widget in pane.walk_children(Widget, with_self=True):
            if widget.focusable and widget.is_on_screen:
                widget.focus()
                return


def _name_of(pane: Widget) -> str:
    match pane:
        case CheckList():
            return "checks"
        case CheckDetail():
            return "detail"
        case _:
            return "work"
