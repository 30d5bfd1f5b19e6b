"""What ended trials come to, kept beside their events in the same transaction: counts, and snapshots quick to read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

from dropout_core.events import EvaluationReopened, Event, VerdictReached, event_from
from dropout_core.state import replay_trial
from dropout_core.trial_snapshot import snapshot_of, trial_from
from dropout_core.trial_state import TrialState
from dropout_core.verdict import Outcome

_EVENTS_OF_TRIAL = """
SELECT position, kind, at, trial, attempt, body FROM events WHERE evaluation = :evaluation AND trial = :trial
UNION ALL
SELECT position, kind, at, trial, attempt, body FROM events
WHERE evaluation = :evaluation AND trial IS NULL AND kind = :reopened
ORDER BY position
"""
_KEEP = """
INSERT INTO ended_trials (evaluation, trial, position, attempts, checks) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (evaluation, trial) DO UPDATE
SET position = excluded.position, attempts = excluded.attempts, checks = excluded.checks
"""


def keep_ended_trials(connection: sqlite3.Connection, evaluation: int, events: Iterable[Event]) -> None:
    """Bring counts and snapshots up to date after `events` have been stored, in the same transaction."""
    verdicts: dict[int, int] = {}
    for event in events:
        if isinstance(event, VerdictReached):
            verdicts[event.trial] = verdicts.get(event.trial, 0) + 1
    changes = dict.fromkeys(Outcome, 0)
    for trial, count in verdicts.items():
        outcomes = _outcomes(connection, evaluation, trial)
        for standing, change in ((_standing(outcomes[:-count]), -1), (_standing(outcomes), 1)):
            if standing is not None:
                changes[standing] += change
        _keep(connection, evaluation, trial)
    for outcome, change in changes.items():
        if change:
            connection.execute(
                f"UPDATE evaluations SET {outcome} = {outcome} + ? WHERE id = ?",  # noqa: S608 - one of three words
                (change, evaluation),
            )


def ended_trials(connection: sqlite3.Connection, evaluation: int) -> list[TrialState]:
    """The trials of which there is a snapshot, in the order they ended."""
    rows = connection.execute(
        "SELECT trial, attempts, checks FROM ended_trials WHERE evaluation = ? ORDER BY position",
        (evaluation,),
    )
    return [trial_from(trial, json.loads(attempts), checks) for trial, attempts, checks in rows]


def _keep(connection: sqlite3.Connection, evaluation: int, trial: int) -> None:
    rows = connection.execute(
        _EVENTS_OF_TRIAL,
        {"evaluation": evaluation, "trial": trial, "reopened": EvaluationReopened.__name__},
    ).fetchall()
    state = replay_trial(trial, (event_from(k, at, t, a, json.loads(body)) for _, k, at, t, a, body in rows))
    if state.status.settled:
        attempts, checks = snapshot_of(state)
        text = json.dumps(attempts, separators=(",", ":"))
        connection.execute(_KEEP, (evaluation, trial, rows[-1][0], text, checks))


def _outcomes(connection: sqlite3.Connection, evaluation: int, trial: int) -> list[Outcome]:
    rows = connection.execute(
        "SELECT outcome FROM events WHERE evaluation = ? AND trial = ? AND outcome IS NOT NULL ORDER BY attempt",
        (evaluation, trial),
    )
    return [Outcome(outcome) for (outcome,) in rows]


def _standing(outcomes: Sequence[Outcome]) -> Outcome | None:
    """What a trial counts as: its first graded outcome, void when there is none, nothing before it has ended."""
    graded = (outcome for outcome in outcomes if outcome is not Outcome.VOID)
    return next(graded, Outcome.VOID if outcomes else None)
