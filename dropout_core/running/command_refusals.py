"""Refusals of commands: the table of states, applied to a running evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dropout_core.costs.budget import is_limited, why_none_may_begin
from dropout_core.running.plan_changes import refusal_of_more_runs
from dropout_core.running.trials.live_trial import LiveTrials
from dropout_core.running.trials.stage import refusal_of_start, stage_for_runs
from dropout_core.running.trials.ungraded_answers import UngradedAnswers
from dropout_core.state.command_table import (
    NO_BUDGET,
    NOTHING_TO_DO,
    RERUN_IS_UNDER_WAY,
    Command,
    Row,
    Stage,
    refusal_of_evaluation,
    refusal_of_run,
)
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import Hold, Status, TrialState

_UNDER_WAY = (Row.IN_FLIGHT, Row.PAUSING, Row.HELD_UNDER_WAY)


def concerned(command: Command, trials: Iterable[TrialState]) -> list[TrialState]:
    """Trials that a command to all runs may apply to."""
    match command:
        case Command.RERUN:
            return [trial for trial in trials if trial.status.settled]
        case Command.REPEAT_VOIDS:
            return [trial for trial in trials if trial.status is Status.VOID and trial.counted is None]
        case Command.RESUME:
            return [trial for trial in trials if trial.hold is not Hold.NONE]
        case _:
            return [trial for trial in trials if trial.queued or not trial.status.settled]


@dataclass(frozen=True, slots=True)
class CommandRefusals:
    """Says why a command would have no effect; changes nothing."""

    state: Callable[[], EvaluationState]
    stage: Callable[[], Stage]
    live: LiveTrials
    ungraded: UngradedAnswers

    def of(self, command: Command, trial: TrialState | None) -> str | None:
        """Message that refuses a command to a trial, or to all; ``None`` when it would have an effect."""
        stage = self.stage()
        if command is Command.START:
            if stage is Stage.RUNNING and self.ungraded:
                return None  # answers that could not be graded are tried again
            return refusal_of_start(self.state(), stage)
        if command in (Command.STOP, Command.CHANGE):
            return refusal_of_evaluation(command, stage)
        if command is Command.ADD_RUNS:
            return refusal_of_more_runs(self.state(), stage)
        if trial is not None:
            return self._of_run(command, trial, stage)
        whys = {self._of_run(command, each, stage) for each in concerned(command, self.state().trials)}
        if None in whys:
            return None
        return next(iter(whys)) if len(whys) == 1 else NOTHING_TO_DO[command]

    def able(self, command: Command, trials: Iterable[TrialState]) -> list[TrialState]:
        """Those of the trials on which the command would have an effect."""
        stage = self.stage()
        return [trial for trial in trials if self._of_run(command, trial, stage) is None]

    def _of_run(self, command: Command, trial: TrialState, stage: Stage) -> str | None:
        number, state, latest = trial.number, self.state(), trial.latest
        live = self.live[number]
        row = live.stage(trial)
        asked = Command.RERUN if command is Command.REPEAT_VOIDS else command
        why = refusal_of_run(asked, row, stage_for_runs(state, stage), number)
        if why == NO_BUDGET:
            return why_none_may_begin(state) or why
        if why is not None or asked is not Command.RERUN:
            return why
        if live.is_rerun and row in _UNDER_WAY:
            return RERUN_IS_UNDER_WAY.format(run=number)
        if not is_limited(state.config):
            return None
        replaced = latest if row in (Row.IN_FLIGHT, Row.PAUSING) else None
        return why_none_may_begin(state, () if replaced is None else (replaced,))
