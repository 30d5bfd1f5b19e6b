"""Line of an evaluation in the history, kept beside its events in the same transaction, so that listing reads none."""

from __future__ import annotations

import sqlite3

from dropout_core.state.end_reasons import reason_still
from dropout_core.state.events import EvaluationEnded, EvaluationReopened, PlanChanged
from dropout_core.storage.database.event_format import FORMAT
from dropout_core.storage.listing import summary_of
from dropout_core.values.plan import Plan
from dropout_core.values.stored.compact_json import dump

CHANGES_HISTORY_LINE = (EvaluationEnded, EvaluationReopened, PlanChanged)
"""The events that `update_history_line` is for."""
_SET_REASON = "UPDATE evaluations SET stop_reason = ?, format = max(format, ?) WHERE id = ?"
_SET_PLAN = "UPDATE evaluations SET config = json_patch(config, ?), format = max(format, ?) WHERE id = ?"


def update_history_line(
    connection: sqlite3.Connection,
    evaluation: int,
    event: EvaluationEnded | EvaluationReopened | PlanChanged,
) -> None:
    """Bring the evaluation's line up to date after `event` has been stored, and the trials before it."""
    match event:
        case EvaluationEnded(reason=reason):
            # The event has the reason as it was; SQLite's text cannot hold lone surrogates.
            said = reason.encode("utf-8", "replace").decode()
            connection.execute(_SET_REASON, (said, FORMAT, evaluation))
        case EvaluationReopened():
            connection.execute(_SET_REASON, (None, FORMAT, evaluation))
        case PlanChanged(plan=plan):
            _keep_plan(connection, evaluation, plan)


def _keep_plan(connection: sqlite3.Connection, evaluation: int, plan: Plan) -> None:
    # What is None in a patch is taken out, and what is not there has its default: none.
    connection.execute(_SET_PLAN, (dump(plan.to_json()), FORMAT, evaluation))
    line = summary_of(connection, evaluation)
    settled = line.graded + line.void == line.config.runs
    reason = reason_still(line.stop_reason, plan, settled=settled, decision=line.decision)
    connection.execute(_SET_REASON, (reason, FORMAT, evaluation))
