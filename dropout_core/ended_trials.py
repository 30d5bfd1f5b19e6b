"""What ended trials come to, kept beside their events in the same transaction: counts, and snapshots quick to read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

from dropout_core.events import Event, VerdictReached, event_from
from dropout_core.in_order import InOrder, first_in_order, said_in_order
from dropout_core.state import OF_EVERY_TRIAL, replay_trial
from dropout_core.trial_snapshot import snapshot_of, trial_from
from dropout_core.trial_state import TrialState
from dropout_core.verdict import Outcome

_EVENTS_OF_TRIAL = """
SELECT position, kind, at, trial, attempt, body FROM events WHERE evaluation = :evaluation AND trial = :trial
UNION ALL
SELECT position, kind, at, trial, attempt, body FROM events
WHERE evaluation = :evaluation AND trial IS NULL AND kind IN (SELECT value FROM json_each(:of_every_trial))
ORDER BY position
"""
_OF_EVERY_TRIAL = json.dumps([kind.__name__ for kind in OF_EVERY_TRIAL])
_KEEP = """
INSERT INTO ended_trials (evaluation, trial, position, attempts, checks) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (evaluation, trial) DO UPDATE
SET position = excluded.position, attempts = excluded.attempts, checks = excluded.checks
"""

# SQLite takes the outcome from the row that holds the min(): the first graded attempt.
_GRADED_TRIALS = """
SELECT trial, outcome, min(attempt) FROM events
WHERE evaluation = ? AND outcome IN ('passed', 'failed') GROUP BY trial
"""
_SETTLED_TRIALS = """
SELECT trial FROM ended_trials AS t WHERE evaluation = ? AND NOT EXISTS (
    SELECT 1 FROM events AS e WHERE e.evaluation = t.evaluation AND e.trial = t.trial AND e.position > t.position
)
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


def stored_in_order(connection: sqlite3.Connection, evaluation: int, runs: int) -> InOrder:
    """Of the `runs` trials those before the first that is under way, which alone decide.

    A graded trial says what it said whatever comes after, and one that has ended otherwise is void until it is queued
    again; only of the others are the events read.
    """
    said = {trial: Outcome.VOID for (trial,) in connection.execute(_SETTLED_TRIALS, (evaluation,))}
    for trial, outcome, _ in connection.execute(_GRADED_TRIALS, (evaluation,)):
        said[trial] = Outcome(outcome)
    numbers = range(1, runs + 1)
    return first_in_order(
        said.get(number) or said_in_order(_trial(connection, evaluation, number)[0]) for number in numbers
    )


def _keep(connection: sqlite3.Connection, evaluation: int, trial: int) -> None:
    state, position = _trial(connection, evaluation, trial)
    if state.status.settled:
        attempts, checks = snapshot_of(state)
        text = json.dumps(attempts, separators=(",", ":"))
        connection.execute(_KEEP, (evaluation, trial, position, text, checks))


def _trial(connection: sqlite3.Connection, evaluation: int, trial: int) -> tuple[TrialState, int]:
    """A trial as its events leave it, and the position of the last of those."""
    rows = connection.execute(
        _EVENTS_OF_TRIAL,
        {"evaluation": evaluation, "trial": trial, "of_every_trial": _OF_EVERY_TRIAL},
    ).fetchall()
    events = (event_from(kind, at, t, attempt, json.loads(body)) for _, kind, at, t, attempt, body in rows)
    return replay_trial(trial, events), rows[-1][0] if rows else 0


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
