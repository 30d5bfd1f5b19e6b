"""Cancelling with undo: runs are held at once, and end as void some seconds later unless the user takes it back."""

from __future__ import annotations

from collections.abc import Iterable

from dropout_core.state.command_table import Command
from dropout_core.state.trial_state import TrialState
from dropout_tui.presenters.evaluations.live_evaluation import Commands
from dropout_tui.text.numbers import pluralize

GRACE_SECONDS = 6.0
"""Seconds for which a cancel can be taken back."""


class Cancelling:
    """The cancel that can still be taken back: at most one, of one run or of many.

    A run that is held sends no further request and loses nothing: its reply is kept, and graded if the run goes on.
    """

    def __init__(self, commands: Commands, trials: Iterable[TrialState]) -> None:
        """Hold `trials`, and withdraw the reruns of them that are queued."""
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
                # A trial that cannot be held is held already, or queued after a stop; it stays so.
                if commands.pause(number) is None:
                    self._held_here.append(number)

    @property
    def words(self) -> str:
        """The line that tells the user about it."""
        runs = (*self._pending, *self._withdrawn)
        which = f"Run {runs[0]} is" if len(runs) == 1 else f"{pluralize(len(runs), 'run')} are"
        if not self._pending:
            return f"{which} not made anew. U takes that back."
        return f"{which} held, and cancelled in {GRACE_SECONDS:.0f} s. U takes that back."

    def __bool__(self) -> bool:
        return bool(self._pending or self._withdrawn)

    def take_back(self) -> str | None:
        """Let everything go on as it was; returns why, where something does not."""
        whys = [self._commands.resume(trial) for trial in self._held_here]
        whys += [self._commands.rerun(trial) for trial in self._withdrawn]
        self._forget()
        return next(filter(None, whys), None)

    def take_effect(self) -> None:
        """End the trials as void that have not ended meanwhile."""
        for trial in self._pending:
            self._commands.cancel(trial)
        self._forget()

    def _forget(self) -> None:
        self._pending, self._held_here, self._withdrawn = [], [], []
