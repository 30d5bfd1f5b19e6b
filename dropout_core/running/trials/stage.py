"""The stage of an evaluation at rest: why it ended, and why it would not go on."""

from __future__ import annotations

from dropout_core.costs.budget import BUDGET, why_none_may_begin
from dropout_core.running.trials.ungraded_answers import TOO_MANY, UngradedAnswers
from dropout_core.state.command_table import ONLY_PAUSED, Command, Stage, refusal_of_evaluation
from dropout_core.state.end_reasons import COMPLETED, DECIDED, STOPPED
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import Hold
from dropout_core.statistics.pass_rate import Decision


def stage_at_rest(state: EvaluationState) -> Stage:
    """Stage of an evaluation with nothing in flight. The reason that it stopped for may no longer hold."""
    if state.ended_at is None:
        return Stage.READY
    if state.settled:
        return Stage.COMPLETED
    if state.stop_reason == DECIDED and state.decision is not Decision.UNDECIDED:
        return Stage.DECIDED
    if state.stop_reason == BUDGET and why_none_may_begin(state) is not None:
        return Stage.OUT_OF_BUDGET
    return Stage.STOPPED


def stage_for_runs(state: EvaluationState, stage: Stage) -> Stage:
    """Stage for commands to single runs: with every run ended, it is completed, even before that is recorded."""
    return Stage.COMPLETED if stage is Stage.READY and state.settled else stage


def refusal_of_start(state: EvaluationState, stage: Stage) -> str | None:
    """Message that refuses to start; ``None`` when something would begin. Attempts in progress go on whatever they
    cost."""
    waiting = [trial for trial in state.trials if trial.queued and trial.hold is not Hold.HELD]
    match stage:
        case Stage.STOPPED:
            return None if waiting else ONLY_PAUSED
        case Stage.DECIDED | Stage.OUT_OF_BUDGET if any(trial.is_under_way for trial in waiting):
            return None
        case Stage.OUT_OF_BUDGET:
            return why_none_may_begin(state)
        case _:
            return refusal_of_evaluation(Command.START, stage)


def end_reason(
    state: EvaluationState, *, decided: bool, stopped_for: str | None, ungraded: UngradedAnswers
) -> str | None:
    """Why an evaluation ends of which nothing is in flight; ``None`` when all that is left is paused.

    `stopped_for` is why it was stopped, or had ended before, where that was not for want of anything to do.
    """
    if state.settled:
        return COMPLETED
    if decided:
        return DECIDED
    if ungraded and stopped_for in (None, TOO_MANY):
        return ungraded.why
    if stopped_for == DECIDED or (stopped_for == BUDGET and why_none_may_begin(state) is None):
        return STOPPED  # the earlier reason no longer holds
    return stopped_for
