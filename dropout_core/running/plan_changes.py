"""Whether an evaluation may go on with another plan, and why not."""

from __future__ import annotations

from dataclasses import replace

from dropout_core.costs.budget import why_none_may_begin
from dropout_core.state.command_table import IMPORTED, Command, Stage, refusal_of_evaluation
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.statistics.pass_rate import Decision
from dropout_core.values.config import MOST_RUNS
from dropout_core.values.plan import Plan


def refusal_of_plan(state: EvaluationState, stage: Stage, plan: Plan) -> str | None:
    """Why an evaluation would not take `plan` on; ``None`` when it would."""
    now = Plan.of(state.config)
    if plan == now:
        return "That is so already."
    if plan.runs < now.runs:
        return f"There are {now.runs:,} runs already, and none is taken away; give {now.runs:,} or more."
    problem = plan.problem(max(MOST_RUNS, now.runs))
    if problem is not None:
        return problem
    if plan.runs > now.runs and state.config.imported is not None:
        return IMPORTED
    if plan.runs == now.runs:
        return refusal_of_evaluation(Command.CHANGE, stage)
    return _refusal_of_more(replace(state, config=plan.applied_to(state.config)), stage)


def refusal_of_more_runs(state: EvaluationState, stage: Stage) -> str | None:
    """Why no further runs would be added; ``None`` when some would."""
    if state.config.imported is not None:
        return IMPORTED
    if state.config.runs >= MOST_RUNS:
        return f"An evaluation has {MOST_RUNS:,} runs at most."
    return _refusal_of_more(state, stage)


def _refusal_of_more(planned: EvaluationState, stage: Stage) -> str | None:
    """`planned` is the state as it would be, but for the runs that come to it."""
    if stage is not Stage.STOPPING:
        # What has ended with its last run may be decided, too, and what is under way may have used its budget up.
        if planned.config.until_decided and planned.decision is not Decision.UNDECIDED:
            stage = Stage.DECIDED
        elif (why := why_none_may_begin(planned)) is not None:
            return why
        elif stage in (Stage.DECIDED, Stage.OUT_OF_BUDGET):
            stage = Stage.STOPPED
    return refusal_of_evaluation(Command.ADD_RUNS, stage)
