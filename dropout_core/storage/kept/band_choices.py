"""After how many graded runs the bands of stored evaluations were chosen, from their changes of plan alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from dropout_core.state.evaluation_state import band_chosen_after
from dropout_core.state.events import EvaluationStarted, PlanChanged, event_from
from dropout_core.values.plan import Plan
from dropout_core.values.stored.value import Unreadable, json_value

_CHANGES = "SELECT evaluation, body FROM events WHERE kind = 'PlanChanged' ORDER BY evaluation, position"
_BEGINNING = "SELECT kind, body FROM events WHERE evaluation = ? ORDER BY position LIMIT 1"


def bands_chosen_after(connection: sqlite3.Connection) -> Mapping[int, int]:
    """How many runs were graded by then, by the numbers of the evaluations; those are left out whose band stood before
    any was, or cannot be read. To be called inside a transaction."""
    changes: dict[int, list[PlanChanged]] = {}
    try:
        for number, body in connection.execute(_CHANGES):
            event = _event("PlanChanged", body)
            if isinstance(event, PlanChanged):
                changes.setdefault(number, []).append(event)
        return {
            number: after for number, all_ in changes.items() if (after := _after(connection, number, all_))
        }
    except sqlite3.DataError:
        return {}


def _after(connection: sqlite3.Connection, number: int, changes: list[PlanChanged]) -> int:
    kind, body = connection.execute(_BEGINNING, (number,)).fetchone()
    first = _event(kind, body)
    if not isinstance(first, EvaluationStarted):
        return 0
    foreseen = [Plan.of(first.config), *(change.plan for change in changes if not change.graded)][-1]
    return band_chosen_after(foreseen, changes[-1].plan, changes[-1].graded)


def _event(kind: str, body: object) -> object:
    try:
        return event_from(kind, 0.0, None, None, json_value(body))
    except Unreadable:
        return None
