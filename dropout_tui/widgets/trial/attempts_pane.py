"""The attempts of a trial above the difference of two answers: two attempts, or this trial and another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events, getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import AttemptState, TrialState
from dropout_tui.widgets.trial.attempt_list import AttemptList, mark_of_attempt
from dropout_tui.widgets.trial.diff_view import Compared, DiffView

_HINT = "m marks: two marked attempts are compared. d compares with another run."


@dataclass(frozen=True, slots=True)
class Side:
    """One of two answers to compare, by its numbers."""

    trial: int
    attempt: int


class AttemptsPane(Vertical):
    """Choose an attempt, mark two to compare, or name another run to compare with."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "m", "mark", "Mark", show=False, id="attempts.mark", tooltip="Mark an attempt; two are compared"
        ),
    ]

    DEFAULT_CSS = """
    AttemptsPane {
        & > AttemptList { height: auto; max-height: 50%; }
        & > Input { display: none; }
        & > #compared-why { padding: 0 1; color: $text-muted; width: 1fr; height: auto; }
        & > DiffView { display: none; }
        &.-asking > Input { display: block; }
        &.-comparing > DiffView { display: block; }
    }
    """

    attempts = getters.query_one(AttemptList)
    difference = getters.query_one(DiffView)
    _why = getters.query_one("#compared-why", Static)
    _question = getters.query_one(Input)

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._state: EvaluationState | None = None
        self._trial: TrialState | None = None
        self._shown: int | None = None
        self._now = 0.0
        self._marked: tuple[int, ...] = ()
        self._other: int | None = None
        """The run to compare with; it overrides marks."""

    def compose(self) -> ComposeResult:
        """The list, the question for another run, and the difference."""
        yield AttemptList()
        yield Input(placeholder="Number of the run to compare with", type="integer", compact=True)
        yield Static(_HINT, id="compared-why", markup=False)
        yield DiffView()

    def show(self, state: EvaluationState, trial: TrialState, shown: int | None, now: float) -> None:
        """Show the attempts of `trial`, one of `state`, of which the one numbered `shown` is on screen."""
        if self._trial is not None and trial.number != self._trial.number:
            self._marked, self._other = (), None
            self.remove_class("-asking")
        self._state, self._trial, self._shown, self._now = state, trial, shown, now
        self.attempts.show(trial, shown, now, marked=self._marked)
        self._compare()

    def action_mark(self) -> None:
        """Mark the highlighted attempt, or remove its mark. A third mark replaces the first."""
        line = self.attempts.highlighted
        if line is None or self._trial is None:
            return
        number = line + 1
        if number in self._marked:
            self._marked = tuple(each for each in self._marked if each != number)
        else:
            self._marked = (*self._marked[-1:], number)
        self._other = None
        self.attempts.show(self._trial, self._shown, self._now, marked=self._marked)
        self._compare()

    def ask_other(self) -> None:
        """Ask which run to compare with."""
        self.add_class("-asking")
        self._question.value = ""
        self._question.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Disable marks while another run is asked for."""
        return not (action == "mark" and self._question.has_focus)

    @on(Input.Submitted)
    def _answered(self, event: Input.Submitted) -> None:
        event.stop()
        number = _number(event.value)
        if self._state is not None and number is not None:
            if 1 <= number <= len(self._state.trials):
                self._other = number
                self._compare()
                self._close()
                return
            self.notify(f"There are runs 1 to {len(self._state.trials)}.", severity="warning", markup=False)
            return
        self._close()

    def on_key(self, event: events.Key) -> None:
        """Close the question on escape."""
        if event.key == "escape" and self._question.has_focus:
            event.stop()
            event.prevent_default()
            self._close()

    def _close(self) -> None:
        self.remove_class("-asking")
        (self.difference if self.has_class("-comparing") else self.attempts).focus()

    def _compare(self) -> None:
        compared, why = self._comparison()
        self._why.update(Content(why))
        self.difference.show(compared)
        self.set_class(compared is not None, "-comparing")

    def _comparison(self) -> tuple[Compared | None, str]:
        """What to compare, or why there is nothing to compare."""
        state, trial, shown = self._state, self._trial, self._shown
        if state is None or trial is None or shown is None:
            return None, "There is no attempt yet."
        here = Side(trial.number, shown)
        if self._other is not None:
            there = state.trial(self._other)
            attempt = there.counted or there.latest
            if attempt is None:
                return None, f"Run {self._other} has no attempt yet."
            sides = here, Side(self._other, attempt.number)
        elif len(self._marked) == 2:
            first, second = sorted(self._marked)
            sides = Side(trial.number, first), Side(trial.number, second)
        elif len(trial.attempts) > 1:
            first, second = sorted((shown, shown - 1 or 2))
            sides = Side(trial.number, first), Side(trial.number, second)
        else:
            return None, _HINT
        texts = []
        for side in sides:
            code = state.trial(side.trial).attempt(side.attempt).code
            if code is None:
                return None, f"{_name(state, side)} has no code to compare."
            texts.append(code)
        return Compared(texts[0], texts[1], _name(state, sides[0]), _name(state, sides[1])), _HINT


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _name(state: EvaluationState, side: Side) -> str:
    trial = state.trial(side.trial)
    attempt: AttemptState = trial.attempt(side.attempt)
    number = f", attempt {side.attempt}" if len(trial.attempts) > 1 else ""
    return f"run {side.trial}{number} {mark_of_attempt(trial, attempt)}"
