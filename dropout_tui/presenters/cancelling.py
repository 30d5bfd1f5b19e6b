"""Runs that are being cancelled: held at once, ended as void some seconds later, and let go on if the user says so."""

from __future__ import annotations

from collections.abc import Iterable

from dropout_core.state.command_table import Command
from dropout_core.state.trial_state import TrialState
from dropout_tui.presenters.live_evaluation import Commands
from dropout_tui.text.numbers import pluralize

GRACE_SECONDS = 6.0
"""How long a cancel can be taken back."""


class Cancelling:
    """The cancel that can still be taken back: at most one, of one run or of many.

    A run that is held asks nothing more and loses nothing: its reply is kept, and judged if it goes on after all.
    """

    def __init__(self, commands: Commands, trials: Iterable[TrialState]) -> None:
        """Hold `trials`, and take back the reruns of theirs that wait."""
        self._commands = commands
        self._pending: list[int] = []
        self._held_here: list[int] = []
        self._withdrawn: list[int] = []
        for trial in trials:
            number = trial.number
            if trial.rerun_waits:
                if commands.cancel(number) is None:
                    self._withdrawn.append(number)
            elif commands.refusal(Command.CANCEL, number) is None:
                self._pending.append(number)
                # One that cannot be held is held already, or waits while nothing more is begun; it stays so.
                if commands.pause(number) is None:
                    self._held_here.append(number)

    @property
    def words(self) -> str:
        """What is said of it."""
        runs = (*self._pending, *self._withdrawn)
        which = f"Run {runs[0]} is" if len(runs) == 1 else f"{pluralize(len(runs), 'run')} are"
        if not self._pending:
            return f"{which} not made anew. U takes that back."
        return f"{which} held, and cancelled in {GRACE_SECONDS:.0f} s. U takes that back."

    def __bool__(self) -> bool:
        return bool(self._pending or self._withdrawn)

    def take_back(self) -> str | None:
        """Let everything go on as it was; why not, where something does not."""
        whys = [self._commands.resume(trial) for trial in self._held_here]
        whys += [self._commands.rerun(trial) for trial in self._withdrawn]
        self._forget()
        return next(filter(None, whys), None)

    def take_effect(self) -> None:
        """End as void what has not ended meanwhile."""
        for trial in self._pending:
            self._commands.cancel(trial)
        self._forget()

    def _forget(self) -> None:
        self._pending, self._held_here, self._withdrawn = [], [], []
