"""Another plan for a stored evaluation that nobody runs. Nothing is asked of a model for it."""

from __future__ import annotations

import time
from collections.abc import Callable

from dropout_core.running.plan_changes import refusal_of_plan
from dropout_core.running.trials.stage import stage_at_rest
from dropout_core.state.events import PlanChanged
from dropout_core.storage.lease import Lease
from dropout_core.storage.store import Store
from dropout_core.values.plan import Plan


def change_stored_plan(
    store: Store, number: int, plan: Plan, clock: Callable[[], float] = time.time
) -> str | None:
    """Have evaluation `number` go by `plan`; why not, if it is not taken on. Blocking.

    Raises:
        EvaluationBusy: a program runs it.
        StoreUnusable: it cannot be read or written.
        UnknownEvaluation: there is none of this number.
    """
    lease = Lease(store.path, number)
    try:
        state = store.state(number)
        store.fit_to_go_on(number, state)
        why = refusal_of_plan(state, stage_at_rest(state), plan)
        if why is None:
            store.append(number, [PlanChanged(at=clock(), plan=plan, graded=state.tally.graded)])
        return why
    finally:
        lease.release()
