"""The title line of the dashboard: what is evaluated, and its status."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from textual.content import Content
from textual.widget import Widget

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import Status
from dropout_tui.text.numbers import clock
from dropout_tui.text.sanitize import visible_line
from dropout_tui.text.words.batches import words_of_batches

HELD = "held: cannot be stored"
HELD_BACK = "held by the common budget"


class TitleBar(Widget):
    """Model, prompt, suite and mode on the left; number, time and status on the right."""

    DEFAULT_CSS = """
    TitleBar {
        height: 1;
        padding: 0 1;
        background: $panel;
        color: $text;
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._left: tuple[str, ...] = ()
        self._notices: tuple[str, ...] = ()
        self._right: tuple[str, ...] = ()
        self._place: tuple[int, int] | None = None

    def show(
        self,
        number: int,
        state: EvaluationState,
        now: float,
        *,
        halted: bool = False,
        held: bool = False,
        held_back: bool = False,
        place: tuple[int, int] | None = None,
        place_in_line: int | None = None,
        limit_of_all: int | None = None,
    ) -> None:
        """Show the evaluation at `now`. `halted` means that no more events come, `held` that nothing can be stored,
        `held_back` that the common budget lets nothing begin.

        `place` says which of how many evaluations it is; one that has not begun has a `place_in_line`. With the others
        it has a `limit_of_all`.
        """
        config = state.config
        left = (visible_line(config.model), Path(visible_line(config.prompt)).name, config.asked, config.mode)
        word = "stopped" if halted else HELD if held else status_words(state, limit_of_all)
        if held_back and not (halted or held):
            word = HELD_BACK
        if place_in_line is not None:
            word = f"queued, {place_in_line}. in line"
        seconds = 0.0 if place_in_line is not None else state.seconds(now)
        right = (f"#{number}", clock(seconds), word)
        notices = tuple(map(visible_line, (config.notice, *config.short_notices))) if config.notice else ()
        if (left, right, notices, place) != (self._left, self._right, self._notices, self._place):
            self._left, self._right, self._notices, self._place = left, right, notices, place
            self.refresh()

    def render(self) -> Content:
        """The line; the least important is left out first."""
        width = self.size.width
        model, *rest = self._left or ("",)
        name = Content.styled("dropout-tui  ", "bold $text-accent")
        task = Content.assemble(
            (model, "bold"), *(Content.styled(f" · {word}", "$foreground-muted") for word in rest)
        )
        bold_model = Content.styled(model, "bold")
        lefts = [
            left
            # The note that no model was asked is never left out.
            for notice in _styled(self._notices)
            for left in (
                Content.assemble(name, task, notice),
                Content.assemble(task, notice),
                Content.assemble(bold_model, notice),
            )
        ]
        for right, left in (*product(self._rights(), lefts), *product((self._said,), lefts)):
            gap = width - left.cell_length - right.cell_length
            if gap >= 2:
                return Content.assemble(left, " " * gap, right)
        return Content.assemble(bold_model, _styled(self._notices)[-1]).truncate(width, ellipsis=True)

    @property
    def _said(self) -> Content:
        return Content("  ".join(self._right))

    def _rights(self) -> tuple[Content, ...]:
        """What stands on the right where there are several evaluations, and a shorter way to say it."""
        if self._place is None:
            return ()
        which = "{} of {}".format(*self._place)
        return tuple(
            Content.assemble((words, "bold"), "  ", self._said) for words in (f"{which} evaluations", which)
        )


def _styled(notices: tuple[str, ...]) -> tuple[Content, ...]:
    """The notice and shorter ways to say it, as they follow the title; nothing where there is none."""
    return tuple(Content.styled(f"  {words}", "$text-warning") for words in notices) or (Content(""),)


def says_concurrency(state: EvaluationState) -> bool:
    """Whether `status_words` contains how many runs may be in flight."""
    return state.ended_at is None and not state.open_batches


def status_words(state: EvaluationState, limit_of_all: int | None = None) -> str:
    """The status of the evaluation in a word or a short line; with a `limit_of_all`, how many of its runs really are in
    flight, since the others have their share."""
    tally = state.tally
    if state.ended_at is not None and state.stop_reason is not None:
        return visible_line(state.stop_reason) if len(state.stop_reason) <= 20 else "stopped"
    most = state.limit if limit_of_all is None else min(state.limit, limit_of_all)
    busy = tally.count(Status.RUNNING) + tally.count(Status.PAUSING) + tally.count(Status.QUEUED)
    if not busy and tally.count(Status.PAUSED):
        return f"paused, {most} at once"
    if words := words_of_batches(state.open_batches):
        return words
    if state.allowed < most:
        return f"running, held at {state.allowed} of {most} at once"
    if limit_of_all is not None:
        in_flight = tally.count(Status.RUNNING) + tally.count(Status.PAUSING)
        return f"running, {in_flight} of {most} at once"
    return f"running, {state.limit} at once"
