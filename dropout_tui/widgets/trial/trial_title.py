"""The title line of a trial: its number, its status, and which attempt is on screen."""

from __future__ import annotations

from textual import getters
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from dropout_core.state.trial_state import AttemptState, Status, TrialState
from dropout_tui.text.labels import mark_of_trial, words_of_thinking, words_of_wait
from dropout_tui.text.numbers import clock
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.trial.attempt_list import mark_of_attempt

_BUSY = frozenset({Status.RUNNING, Status.PAUSING})


class TrialTitle(Horizontal):
    """The title of a trial, with the previous and the next one to click on."""

    DEFAULT_CSS = """
    TrialTitle {
        height: 1;
        padding: 0 1;
        background: $panel;
        & > #headline { width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
        & > #place { width: auto; padding-left: 2; link-style: none; link-color: $text-accent; }
    }
    """

    _headline = getters.query_one("#headline", Static)
    _place = getters.query_one("#place", Static)

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Content, str | None] = (Content(), None)

    def compose(self) -> ComposeResult:
        """The trial on the left, its place among the others on the right."""
        yield Static(id="headline", markup=False)
        yield Static(id="place")

    def show(self, trial: TrialState, attempt: AttemptState | None, now: float) -> None:
        """Show the title of `trial`, of which `attempt` is on screen."""
        self._headline.update(headline(trial, attempt, now))
        place = "" if attempt is None else f"attempt {attempt.number} of {len(trial.attempts)}   "
        self._place.update(
            Content.from_markup(
                "[dim]$place[/][@click=screen.previous]‹ $before[/]  [@click=screen.next]$after ›[/]",
                place=place,
                before="[",
                after="]",
            )
        )


def headline(trial: TrialState, attempt: AttemptState | None, now: float) -> Content:
    """Number, status, and the reason or, until there is one, the time."""
    latest = attempt is trial.latest
    mark = mark_of_trial(trial) if attempt is None or latest else mark_of_attempt(trial, attempt)
    line = Content.assemble((f"Run {trial.number}", "bold"), "   ", (str(mark), f"bold {mark.colour}"))
    if attempt is None:
        return line
    if attempt.verdict is None:
        busy = trial.status in _BUSY
        waits = words_of_wait(attempt.wait, now) if attempt.wait else words_of_thinking(attempt, now)
        wait = f"   {waits}" if waits and busy else ""
        return Content.assemble(line, (f"   {clock(attempt.seconds(now))}", "dim"), wait)
    # A trial that is queued again still shows its latest attempt.
    earlier = (
        f"attempt {attempt.number} {attempt.verdict.outcome}: " if not trial.status.settled and latest else ""
    )
    return Content.assemble(line, f"   {earlier}{visible_line(attempt.verdict.reason)}")
