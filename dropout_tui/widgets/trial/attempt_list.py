"""The list of the attempts of one trial, newest last."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList

from dropout_core.state.trial_state import AttemptState, TrialState
from dropout_tui.text.labels import Mark, mark_of_outcome, mark_of_trial
from dropout_tui.text.numbers import count, elapsed
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.vim_option_list import VimOptionList


class AttemptList(VimOptionList):
    """The attempts with outcome and reason, seed, time and tokens, and which of them counts."""

    @dataclass
    class Chosen(Message):
        """The user chooses an attempt."""

        attempt_list: AttemptList
        attempt: int
        """Its number, counted from 1."""

        @property
        def control(self) -> AttemptList:
            """The list that sent it."""
            return self.attempt_list

    def show(self, trial: TrialState, shown: int | None, now: float, *, marked: Collection[int] = ()) -> None:
        """List the attempts of `trial`, of which the one numbered `shown` is on screen and some are `marked`."""
        lines = [
            attempt_line(trial, attempt, attempt.number == shown, now, marked=attempt.number in marked)
            for attempt in trial.attempts
        ]
        highlighted = None
        if self.highlighted is None and shown is not None:
            highlighted = shown - 1
        self.fill(lines, highlighted)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Chosen(self, event.option_index + 1))


def attempt_line(
    trial: TrialState, attempt: AttemptState, shown: bool, now: float, *, marked: bool = False
) -> Content:
    """The three lines of one attempt: how it ended and whether it counts, time and tokens, and the reason."""
    mark = mark_of_attempt(trial, attempt)
    counted = ("   counted", "bold") if attempt is trial.counted else ""
    first = Content.assemble(
        "▸ " if shown else "  ",
        (f"{attempt.number:<3}", "bold"),
        (str(mark), mark.colour),
        counted,
        ("   ◆ marked", "bold $text-accent") if marked else "",
    )
    facts = f"{elapsed(attempt.seconds(now))} · {count(attempt.tokens)} tokens · seed {attempt.seed}"
    reason = "" if attempt.verdict is None else visible_line(attempt.verdict.reason)
    return Content("\n").join([first, Content.styled(f"     {facts}", "dim"), Content(f"     {reason}")])


def mark_of_attempt(trial: TrialState, attempt: AttemptState) -> Mark:
    """The mark of an attempt: how it ended or, if it is the latest, what it is doing."""
    if attempt.verdict is not None:
        return mark_of_outcome(attempt.verdict.outcome)
    if attempt is trial.latest:
        return mark_of_trial(trial)
    return Mark("·", "cut off", "void", "dim")
