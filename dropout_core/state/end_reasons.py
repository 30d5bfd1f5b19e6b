"""Stop reasons of an evaluation, as they are stored. That of the budget is in `budget`."""

from __future__ import annotations

from dropout_core.statistics.pass_rate import Decision
from dropout_core.values.plan import Plan

COMPLETED = "completed"
DECIDED = "decided"
STOPPED = "stopped"
INTERRUPTED = "interrupted"
"""By a signal, where there is no screen."""


def reason_still(reason: str | None, plan: Plan, *, settled: bool, decision: Decision) -> str | None:
    """Why an evaluation stands still after its plan was changed: it is done no longer where something is left to do."""
    is_decided = plan.until_decided and decision is not Decision.UNDECIDED
    undone = not settled and (reason == COMPLETED or (reason == DECIDED and not is_decided))
    return STOPPED if undone else reason
