"""How an evaluation stands that nobody runs, and why it would not go on."""

from __future__ import annotations

from dropout_core.costs.budget import BUDGET, why_none_may_begin
from dropout_core.state.command_table import ONLY_PAUSED, Command, Stage, refusal_of_evaluation
from dropout_core.state.end_reasons import DECIDED
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import Hold
from dropout_core.statistics.pass_rate import Decision


def stage_at_rest(state: EvaluationState) -> Stage:
    """How an evaluation stands of which nothing is in flight; what it stopped for may hold no longer."""
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
    """The stage that commands on single runs go by: with every run ended, it is completed for them, said or not."""
    return Stage.COMPLETED if stage is Stage.READY and state.settled else stage


def refusal_of_start(state: EvaluationState, stage: Stage) -> str | None:
    """Why starting would begin nothing; ``None`` when it would. What is under way goes on whatever it costs."""
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
