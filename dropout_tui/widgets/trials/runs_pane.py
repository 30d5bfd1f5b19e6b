"""The table of runs with the line under it: filter, order, groups and marks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.getters import query_one
from textual.message import Message
from textual.widgets import Static

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import Status
from dropout_core.tasks.check_titles import check_titles
from dropout_tui.presenters.filter_query import read_query, unknown_words
from dropout_tui.presenters.trials.reply_texts import Conversation, ReplyTexts
from dropout_tui.presenters.trials.trial_filter import EVERYTHING, Choice, Filter, WithStatus
from dropout_tui.presenters.trials.trial_list import TrialList
from dropout_tui.presenters.trials.trial_order import Order
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.trials.filter_line import FilterLine, facts
from dropout_tui.widgets.trials.trial_table import NO_TRIALS, TrialTable

NOTHING_MATCHES = "No run matches; esc shows all"
READ_AT_ONCE = 50
"""Conversations read in one batch."""
_OUTCOMES = (None, WithStatus(Status.FAILED), WithStatus(Status.PASSED), WithStatus(Status.VOID))


class RunsPane(Vertical):
    """The trials of an evaluation, filtered, ordered and grouped as the user chose."""

    DEFAULT_CSS = """
    RunsPane > #filter-problem {
        height: auto; padding: 0 1; display: none; background: $panel; color: $text-warning;
    }
    """

    table = query_one(TrialTable)
    filter_line = query_one(FilterLine)

    class Rearranged(Message):
        """The filter or the marks changed."""

    _problem = query_one("#filter-problem", Static)

    def __init__(
        self,
        conversation: Conversation,
        *,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        """`conversation` reads the turns of a trial, for a filter that searches them."""
        super().__init__(id=id, classes=classes)
        self._replies = ReplyTexts(conversation)
        self._view = TrialList(reply_of=self._replies.of)
        self.reading = False
        """Whether conversations are being read for the filter."""
        self._state: EvaluationState | None = None
        self._now = 0.0
        self._live_tokens: Callable[[int], int] | None = None

    def compose(self) -> ComposeResult:
        """The table, and the line under it."""
        yield TrialTable()
        yield FilterLine()
        yield Static(id="filter-problem", markup=False)

    @property
    def choice(self) -> Choice | None:
        """What was clicked or chosen in a chart or a count."""
        return self._view.matching.choice

    @property
    def targets(self) -> tuple[int, ...]:
        """The trials that keys act on: the marked ones, or the group or the trial under the cursor."""
        table = self.table
        if table.marked:
            return tuple(sorted(table.marked))
        if table.cursor_heading is not None:
            return table.cursor_heading.trials
        return () if table.cursor_trial is None else (table.cursor_trial,)

    @property
    def order_shown(self) -> tuple[int, ...]:
        """The numbers of the trials that match, as the table orders them."""
        return self._view.order_shown

    @property
    def can_show_more(self) -> bool:
        """Whether `show_all` would change anything."""
        return bool(self.table.marked or self._view.matching)

    @property
    def settling(self) -> bool:
        """Whether the rows will change even without further events."""
        return self._view.settling

    def show(self, state: EvaluationState, now: float, live_tokens: Callable[[int], int]) -> None:
        """Show the trials of `state` as they are at `now`; `live_tokens` as in `TrialTable.show`."""
        others = self._state is None or state.trials is not self._state.trials
        self._state, self._now, self._live_tokens = state, now, live_tokens
        self._refresh_rows()
        if others:
            self._read_on()

    def choose(self, choice: Choice) -> None:
        """Show all trials of `choice`, and only those."""
        self.filter_line.clear()
        self._match(Filter(choice=choice))

    def toggle(self, choice: Choice) -> None:
        """Show only the trials of `choice`; when that is chosen already, all."""
        self._match(self._view.matching.toggled(choice))

    def show_next_outcome(self) -> None:
        """Show failed trials only, then passed ones, void ones, and all."""
        here = _OUTCOMES.index(self.choice) if self.choice in _OUTCOMES else 0
        self._match(replace(self._view.matching, choice=_OUTCOMES[(here + 1) % len(_OUTCOMES)]))

    def type_filter(self) -> None:
        """Let the user type a filter."""
        self.filter_line.begin()

    def toggle_groups(self) -> None:
        """Group failures by cause, or stop doing so."""
        self._view.grouped = not self._view.grouped
        self._rearrange()

    def order_by_next_column(self) -> None:
        """Order the rows by the next column."""
        self._order(self._view.order.next(self.table.columns_shown))

    def reverse(self) -> None:
        """Reverse the order of the rows."""
        self._order(self._view.order.toggled(self._view.order.column))

    def show_all(self) -> None:
        """Remove the marks; without marks, show every run."""
        if self.table.marked:
            self.table.mark(frozenset())
        else:
            self.filter_line.clear()
            self._match(EVERYTHING)

    @on(TrialTable.OrderAsked)
    def _order_by(self, event: TrialTable.OrderAsked) -> None:
        self._order(self._view.order.toggled(event.column))

    @on(TrialTable.Folded)
    def _fold(self, event: TrialTable.Folded) -> None:
        self._view.toggle(event.heading)
        self._refresh_rows()

    @on(TrialTable.Marked)
    def _say_what_is_marked(self) -> None:
        self._say()
        self.post_message(self.Rearranged())

    @on(FilterLine.Changed)
    def _filter(self, event: FilterLine.Changed) -> None:
        self._match(replace(self._view.matching, query=read_query(event.text)))

    @on(FilterLine.Left)
    def _back_to_the_table(self) -> None:
        self.table.focus()

    def _order(self, order: Order) -> None:
        self._view.order = order
        self._rearrange()

    def _match(self, matching: Filter) -> None:
        if matching != self._view.matching:
            self._view.matching = matching
            problem = unknown_words(matching.query)
            self._problem.update(Content(problem))
            self._problem.display = bool(problem)
            self._refresh_rows()
            self.post_message(self.Rearranged())
            self._read_on()

    def _read_on(self) -> None:
        """Read the conversations that the filter needs, and drop them when it no longer does."""
        if not self._view.matching.query.asks_for_replies:
            self._replies.forget()
        elif not self.reading and self._state is not None and any(self._replies.unread(self._state.trials)):
            self.reading = True
            self._read_replies()

    @work(group="reading replies", exit_on_error=False)
    async def _read_replies(self) -> None:
        problem = ""
        try:
            while self._view.matching.query.asks_for_replies and self._state is not None:
                trials = list(islice(self._replies.unread(self._state.trials), READ_AT_ONCE))
                if not trials:
                    break
                batch = await asyncio.to_thread(self._replies.read, trials)
                self._replies.take(batch)
                self._view.replies_came(batch.texts.keys())
                self._refresh_rows()
                if batch.problem and not problem:
                    problem = batch.problem
                    self.notify(visible_line(problem), severity="error", markup=False)
        finally:
            self.reading = False
            self._say()

    def _rearrange(self) -> None:
        """Show the rows in a new order. The cursor stays on its trial, unless it is still at the top."""
        at_top = self.table.at_top
        self._refresh_rows()
        if at_top:
            self.table.action_move_to_end(-1)

    def _refresh_rows(self) -> None:
        state = self._state
        if state is None:
            return
        self.table.show(
            self._view.lines(state.trials, self._now, check_titles(state.config)),
            self._now,
            max_steps=state.config.max_steps if state.config.mode == "agent" else 1,
            highest=len(state.trials),
            order=self._view.order,
            live_tokens=self._live_tokens,
            empty=NOTHING_MATCHES if self._view.matching else NO_TRIALS,
        )
        self._say()

    def _say(self) -> None:
        if self._state is not None:
            marked, titles = self.table.marked, check_titles(self._state.config)
            unread = sum(1 for _ in self._replies.unread(self._state.trials)) if self.reading else 0
            self.filter_line.show(facts(self._view, len(self._state.trials), marked, titles, unread))
