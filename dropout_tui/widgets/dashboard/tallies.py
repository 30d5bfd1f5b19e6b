"""The line of counts: trials by state, their cost, and how long the rest will take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widget import Widget

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import Status
from dropout_core.values.words.tokens import ABOUT
from dropout_tui.text.labels import mark_of_status
from dropout_tui.text.numbers import clock, count
from dropout_tui.text.sanitize import visible_line

_OUTCOMES = (Status.PASSED, Status.FAILED, Status.VOID)
_ENDINGS = {"completed": "completed in", "decided": "decided after", "stopped": "stopped after"}
_ON_COST = Style.from_meta({"cost": True})
"""What makes text know that a click on it is about what it costs."""
_BAR_CELLS = 10
_LEAST_GAP = 3
_LEAST_TIME = 12


class Tallies(Widget):
    """The counts of every state, tokens, progress, and the time left or taken."""

    DEFAULT_CSS = """
    Tallies {
        height: 1;
        padding: 0 1;
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._state: EvaluationState | None = None
        self._second = 0
        self._cost: tuple[str, ...] = ()
        self._time = Content("")

    @dataclass
    class Chosen(Message):
        """The user clicked on the count of a status."""

        status: Status

    class CostChosen(Message):
        """The user clicked on what it costs."""

    def show(self, state: EvaluationState, now: float, cost: tuple[str, ...] = ()) -> None:
        """Show the counts of `state`, and times as they are at `now`, to the second.

        `cost` is what it has cost and may cost yet, in words such as ``$0.04 of about $0.12``, the fullest first.
        """
        if state is self._state and int(now) == self._second and cost == self._cost:
            return
        self._cost = cost
        ended_or_reopened = self._state is None or state.ended_at != self._state.ended_at
        if int(now) != self._second or ended_or_reopened:
            # It goes through every trial, so it is not computed at every repaint.
            self._time = _time_of(state, now)
        self._state, self._second = state, int(now)
        self.refresh()

    def render(self) -> Content:
        """The line, in the longest form that fits."""
        if self._state is None:
            return Content("")
        return line(self._state, self._time, self.content_size.width, self._cost)

    def on_click(self, event: events.Click) -> None:
        """Choose the trials of the count that was clicked."""
        status = event.style.meta.get("status")
        if status is not None:
            self.post_message(self.Chosen(Status(status)))
        elif event.style.meta.get("cost"):
            self.post_message(self.CostChosen())


def line(state: EvaluationState, time: Content, width: int, cost: Sequence[str] = ()) -> Content:
    """The counts on the left, the rest on the right; the least important is left out when it is narrow."""
    counts = _counts(state)
    outcomes, others = (
        counts[: len(_OUTCOMES)],
        [(status, number) for status, number in counts[len(_OUTCOMES) :] if number],
    )
    worded, brief = _worded([*outcomes, *others]), _brief([*outcomes, *others])
    mixed = Content("  ").join(part for part in (_worded(outcomes), _brief(others)) if part)
    tally = state.tally
    about = ABOUT if tally.estimated else ""
    used = f"{about}{count(tally.input_tokens + tally.output_tokens)} tokens"
    tokens = Content.styled(used, "$foreground-muted")
    costs = [Content(visible_line(wording)).stylize(_ON_COST) for wording in cost]
    done, bar = _done(state), _bar(state)
    forms = (
        *((_worded(counts), (tokens, spent, bar, done, time)) for spent in costs or [Content("")]),
        *((worded, (tokens, spent, bar, done, time)) for spent in costs or [Content("")]),
        *((worded, right) for spent in costs for right in ((spent, bar, done, time), (spent, done, time))),
        # The cost matters more than the words for trials without an outcome.
        *((mixed, (spent, done, time)) for spent in costs),
        (worded, (bar, done, time)),
        (worded, (done, time)),
        (mixed, (bar, done, time)),
        (mixed, (done, time)),
        (brief, (bar, done, time)),
        (brief, (done, time)),
        (brief, (time.truncate(max(_LEAST_TIME, width - brief.cell_length - _LEAST_GAP), ellipsis=True),)),
        (brief, (done,)),
    )
    for left, right in forms:
        row = _spread(left, right, width)
        if row.cell_length <= width:
            return row
    return brief.truncate(max(0, width), ellipsis=True)


def _counts(state: EvaluationState) -> list[tuple[Status, int]]:
    """Outcomes as the pass rate counts them, and how many rows read each of the other states."""
    tally = state.tally
    holds = tally.count(Status.PAUSING) + tally.count(Status.PAUSED)
    pausing = Status.PAUSED if tally.count(Status.PAUSED) or not holds else Status.PAUSING
    return [
        (Status.PASSED, tally.passed),
        (Status.FAILED, tally.failed),
        (Status.VOID, tally.void),
        (Status.RUNNING, tally.count(Status.RUNNING)),
        (pausing, holds),
        (Status.QUEUED, tally.count(Status.QUEUED)),
    ]


def _worded(counts: Sequence[tuple[Status, int]]) -> Content:
    return Content("  ").join(
        _count_of(status, f"{mark_of_status(status).glyph} {number:,} {mark_of_status(status).word}", number)
        for status, number in counts
    )


def _brief(counts: Sequence[tuple[Status, int]]) -> Content:
    return Content(" ").join(
        _count_of(status, f"{mark_of_status(status).glyph}{count(number)}", number)
        for status, number in counts
    )


def _count_of(status: Status, text: str, number: int) -> Content:
    """A count that, when clicked, chooses what it counts."""
    colour = mark_of_status(status).colour if number else "$foreground-muted"
    return Content.styled(text, colour).stylize(Style.from_meta({"status": status.value}))


def _done(state: EvaluationState) -> Content:
    return Content(f"{_settled(state):,}/{len(state.trials):,}")


def _bar(state: EvaluationState) -> Content:
    full = _BAR_CELLS * _settled(state) // max(1, len(state.trials))
    return Content.assemble(("▰" * full, "$text-accent"), ("▱" * (_BAR_CELLS - full), "$foreground-muted"))


def _settled(state: EvaluationState) -> int:
    return sum(state.tally.count(status) for status in _OUTCOMES)


def _time_of(state: EvaluationState, now: float) -> Content:
    """How it ended and how long it took, or about how long the rest will take."""
    if state.ended_at is not None:
        took = clock(state.seconds(state.ended_at))
        reason = state.stop_reason or "stopped"
        if reason in _ENDINGS:
            return Content(f"{_ENDINGS[reason]} {took}")
        return Content.styled(f"{visible_line(reason)} · after {took}", "$text-warning")
    left = state.seconds_left(now)
    return Content("" if left is None else f"{clock(left)} left")


def _spread(left: Content, right: Sequence[Content], width: int) -> Content:
    """The two sides of a line, with the free space between them."""
    if not (side := Content("  ").join(piece for piece in right if piece)):
        return left
    blanks = max(_LEAST_GAP, width - left.cell_length - side.cell_length)
    return Content.assemble(left, " " * blanks, side)
