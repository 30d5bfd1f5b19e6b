"""The commands to the trial on screen: when their keys are dimmed, and what is asked before."""

from __future__ import annotations

from dropout_core.state.command_table import Command
from dropout_core.state.trial_state import AttemptState, Hold, TrialState
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.presenters.trials.bulk_actions import rerun
from dropout_tui.screens.commanding import CommandingScreen
from dropout_tui.screens.confirm import Choice, ConfirmScreen
from dropout_tui.screens.dashboard.cancel import begin_to_cancel, take_cancel_back
from dropout_tui.screens.trial.keys import TRIAL_COMMANDS

_COMMANDS = {
    "pause": Command.PAUSE,
    "resume": Command.RESUME,
    "rerun": Command.RERUN,
    "cancel": Command.CANCEL,
}


class TrialCommands(CommandingScreen):
    """A screen about one attempt of one trial."""

    ASKING = TRIAL_COMMANDS

    def __init__(self, live: LiveEvaluation, trial: int) -> None:
        """Show `trial` (counted from 1) of `live`."""
        super().__init__(live)
        self.trial = trial
        """The number of the trial on screen."""
        self._picked: int | None = None
        """The attempt that the user chose; ``None`` follows the latest."""

    @property
    def state(self) -> TrialState:
        """The trial on screen."""
        return self._live.state.trial(self.trial)

    @property
    def attempt(self) -> AttemptState | None:
        """The attempt on screen; ``None`` before the first."""
        state = self.state
        return state.latest if self._picked is None else state.attempt(self._picked)

    def action_pause(self) -> None:
        """Pause the trial at its next boundary."""
        if (commands := self.commands()) is not None:
            self.say_why(commands.pause(self.trial))

    def action_resume(self) -> None:
        """End the trial's pause."""
        if (commands := self.commands()) is not None:
            self.say_why(commands.resume(self.trial))

    def action_rerun(self) -> None:
        """Make a new attempt, after asking when it voids one in flight. The attempt on screen stays."""
        if self.commands() is None:
            return
        question = rerun([self.state], self._live.may).question
        if question is None:
            self._rerun()
            return

        def answered(answer: str | None) -> None:
            if answer == "yes":
                self._rerun()

        choices = [Choice("yes", "y", "Yes, rerun"), Choice("no", "n", "No")]
        self.app.push_screen(ConfirmScreen(question, choices, safe="no"), answered)

    def _rerun(self) -> None:
        if (commands := self._live.commands) is None:
            return
        attempt, ended = self.attempt, self.state.status.settled
        why = commands.rerun(self.trial)
        if why is None:
            self._picked = attempt.number if ended and attempt is not None else None
        self.say_why(why)

    def action_cancel(self) -> None:
        """Cancel the attempt in flight, with a few seconds to undo it."""
        if self.commands() is not None:
            self.say_why(begin_to_cancel(self, self._live, (self.trial,)))

    def action_undo(self) -> None:
        """Take back the latest cancel."""
        if self.commands() is not None:
            take_cancel_back(self, self._live)

    @property
    def offered(self) -> tuple[bool, ...]:
        """All that the line of keys depends on."""
        live, number = self._live, self.trial
        able = (live.may(command, number) for command in _COMMANDS.values())
        held = self.state.hold is not Hold.NONE
        return live.refusal is not None, live.commands is not None, held, bool(live.cancelling), *able

    def takes(self, action: str) -> bool | None:
        """Whether a command would have an effect now: ``None`` dims its key, and ``False`` hides it."""
        refused, asked_of_someone, held, cancelling, *able = self.offered
        if refused:
            return True
        if action == "undo":
            return cancelling
        if not asked_of_someone or (action == "pause" and held) or (action == "resume" and not held):
            return False
        return dict(zip(_COMMANDS, able, strict=True))[action] or None

    def why_not(self, action: str) -> str | None:
        """Why an action would have no effect on the trial."""
        command = _COMMANDS.get(action)
        if command is None or self._live.commands is None:
            return None
        return self._live.commands.refusal(command, self.trial)
