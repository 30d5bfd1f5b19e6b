"""Actions on one trial or many: which trials they concern, and what is asked first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from dropout_core.state.command_table import Command
from dropout_core.state.trial_state import Status, TrialState
from dropout_tui.presenters.evaluations.live_evaluation import Commands
from dropout_tui.text.numbers import pluralize

_HELD = (Status.PAUSED, Status.PAUSING)


class Action(StrEnum):
    """An action on trials."""

    PAUSE = "pause"
    RESUME = "resume"
    RERUN = "rerun"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class BulkAction:
    """An action, and the numbers of the trials it is for."""

    action: Action
    trials: tuple[int, ...]

    @property
    def resumes(self) -> bool:
        """Whether it lets trials go on."""
        return self.action is Action.RESUME and bool(self.trials)

    in_flight: tuple[int, ...] = ()
    """The trials whose attempt in flight would become void."""

    @property
    def question(self) -> str | None:
        """The question to ask first; ``None`` when there is none."""
        if self.action is Action.RERUN and self.in_flight:
            return question_before_rerolling(self.trials, self.in_flight)
        return None if len(self.trials) < 2 else question_before(self.action, len(self.trials))

    def apply(self, commands: Commands) -> str | None:
        """Send the command; returns why it has no effect, if it has none."""
        command = {
            Action.PAUSE: commands.pause,
            Action.RESUME: commands.resume,
            Action.RERUN: commands.rerun,
            Action.CANCEL: commands.cancel,
        }[self.action]
        whys = [command(trial) for trial in self.trials]
        return None if None in whys else next(iter(whys), None)


May = Callable[[Command, int], bool]
"""Tells whether a command would have an effect on a trial."""


def _always(command: Command, trial: int) -> bool:  # noqa: ARG001
    return True


def pause_or_resume(trials: Iterable[TrialState], may: May = _always) -> BulkAction:
    """Pause the trials that are going on; when none is, resume the paused ones."""
    open_ = [trial for trial in trials if not trial.status.settled]
    going = _numbers(
        trial for trial in open_ if trial.status not in _HELD and may(Command.PAUSE, trial.number)
    )
    if going:
        return BulkAction(Action.PAUSE, going)
    return BulkAction(Action.RESUME, _numbers(trial for trial in open_ if may(Command.RESUME, trial.number)))


def rerun(trials: Iterable[TrialState], may: May = _always) -> BulkAction:
    """Make a new attempt of each."""
    able = [trial for trial in trials if may(Command.RERUN, trial.number)]
    return BulkAction(Action.RERUN, _numbers(able), _numbers(filter(has_attempt_in_flight, able)))


def cancel(trials: Iterable[TrialState], may: May = _always) -> BulkAction:
    """Cancel the trials that have not ended."""
    return BulkAction(
        Action.CANCEL,
        _numbers(
            trial
            for trial in trials
            if (trial.rerun_waits or not trial.status.settled) and may(Command.CANCEL, trial.number)
        ),
    )


def has_attempt_in_flight(trial: TrialState) -> bool:
    """Whether a rerun would void an attempt that has sent a request."""
    latest = trial.latest
    return latest is not None and latest.verdict is None and not trial.status.settled


def question_before_rerolling(trials: tuple[int, ...], in_flight: tuple[int, ...]) -> str:
    """The question before a rerun that voids attempts in flight."""
    if len(trials) == 1:
        which = f"Make run {trials[0]} anew? Its attempt under way ends as void"
    else:
        which = (
            f"Make a new attempt of {pluralize(len(trials), 'run')}? {len(in_flight):,} under way"
            f" {'ends' if len(in_flight) == 1 else 'end'} as void"
        )
    return f"{which}, though it is paid for. The new one counts, and the rate says *re-rolled* beside it."


def question_before(action: Action, count: int, kind: str = "run") -> str | None:
    """The question before an action on `count` trials of a `kind`; ``None`` when it costs and loses nothing."""
    match action:
        case Action.RERUN:
            return f"Make a new attempt of {pluralize(count, kind)}? Each asks the model again."
        case Action.CANCEL:
            return f"Cancel {pluralize(count, kind)}? They end as void and are not counted."
        case _:
            return None


def _numbers(trials: Iterable[TrialState]) -> tuple[int, ...]:
    return tuple(trial.number for trial in trials)
