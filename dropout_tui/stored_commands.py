"""What the keys ask of an evaluation that is only looked at: the first thing that needs the model takes it on again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from dropout_core import events as happened
from dropout_core.state import EvaluationState, evolve
from dropout_core.store import Store
from dropout_core.trial_state import Status
from dropout_tui.deletions import Deletions
from dropout_tui.live import Commands

Then = Callable[[Commands], None]
GoOn = Callable[[int, Then], None]
"""Runs the stored evaluation of this number again, where it stands, and has something done to it."""


class Program(Protocol):
    """The program, as screens about stored evaluations see it: it runs one evaluation at a time."""

    def number_open(self) -> int | None:
        """The evaluation it runs, or has run and can run again; ``None`` when it has none."""

    def show_open(self) -> None:
        """Show the dashboard of that one."""

    def go_on(self, number: int, then: Then) -> None:
        """Run the stored evaluation of this number where it stands, and have `then` done to it."""

    def deletions(self, store: Store) -> Deletions:
        """What was deleted from `store` since the program began."""


def start(commands: Commands) -> None:
    """Go on with the trials that wait."""
    commands.start()


def start_with_voids(commands: Commands) -> None:
    """Make a new attempt of every void run, and go on with the trials that wait."""
    commands.start()
    commands.repeat_voids()


PRESS_START = "This evaluation is not running. Press s to go on with it first."


class StoredCommands:
    """The commands of an evaluation that nobody runs."""

    def __init__(self, number: int, state: EvaluationState, go_on: GoOn, say: Callable[[str], None]) -> None:
        """`go_on` takes evaluation `number` on; `say` tells the user why nothing happens."""
        self._number = number
        self._state = state
        self._go_on = go_on
        self._say = say

    def start(self) -> None:
        """Go on with the trials that wait."""
        self._go_on(self._number, start)

    def rerun(self, trial: int | None = None) -> None:
        """Make a new attempt. An interrupted evaluation must go on first, or its other trials would not."""
        if self._state.settled:
            self._go_on(self._number, lambda commands: commands.rerun(trial))
        else:
            self._say(PRESS_START)

    def repeat_voids(self) -> None:
        """Make a new attempt of every void run, and of an interrupted evaluation go on with the others."""
        self._go_on(self._number, start_with_voids)

    def pause(self, trial: int | None = None) -> None:  # noqa: ARG002
        """Nothing is there to hold."""
        self._say(PRESS_START)

    def resume(self, trial: int | None = None) -> None:  # noqa: ARG002
        """Nothing goes on by itself."""
        self._say(PRESS_START)

    def cancel(self, trial: int | None = None) -> None:  # noqa: ARG002
        """Nothing is in flight."""
        self._say(PRESS_START)

    def change_concurrency(self, by: int) -> None:  # noqa: ARG002
        """Nothing is in flight."""
        self._say(PRESS_START)


def at_rest(state: EvaluationState) -> EvaluationState:
    """The state of an evaluation that nobody runs: what was cut off in flight waits to be made anew."""
    for trial in state.trials:
        if trial.status in (Status.RUNNING, Status.PAUSING):
            state = evolve(state, happened.TrialQueued(at=_last_seen(state), trial=trial.number))
    return state if state.ended_at is not None else replace(state, ended_at=_last_seen(state))


def _last_seen(state: EvaluationState) -> float:
    """About when the last thing happened, as far as the attempts tell."""
    moments = (
        attempt.started_at + attempt.busy_seconds for trial in state.trials for attempt in trial.attempts
    )
    return max(moments, default=state.started_at)
