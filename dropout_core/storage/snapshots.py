"""Snapshots and counts of ended trials, stored beside their events in the same transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Container, Iterable, Iterator, Mapping

from dropout_core.state.events import Event, VerdictReached, event_from
from dropout_core.state.settled_prefix import SettledPrefix, outcome_in_order, prefix_of_outcomes
from dropout_core.state.trial_fold import OF_EVERY_TRIAL, replay_trial
from dropout_core.state.trial_state import TrialState
from dropout_core.storage.snapshot_codec import snapshot_of, trial_from
from dropout_core.values.stored.value import Unreadable, WrittenByNewer, count, json_value
from dropout_core.verdict.verdict import Outcome

_EVENTS_OF_TRIAL = """
SELECT kind, at, trial, attempt, body FROM (
    SELECT * FROM events WHERE evaluation = :evaluation AND trial = :trial
    UNION ALL
    SELECT * FROM events
    WHERE evaluation = :evaluation AND trial IS NULL AND kind IN (SELECT value FROM json_each(:of_every_trial))
)
ORDER BY position
"""
_OF_EVERY_TRIAL = json.dumps([kind.__name__ for kind in OF_EVERY_TRIAL])
_KEEP = """
INSERT INTO ended_trials (evaluation, trial, position, attempts, checks)
VALUES (:evaluation, :trial, (
    SELECT max(position) FROM events WHERE evaluation = :evaluation AND trial = :trial
), :attempts, :checks)
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


def keep_ended_trials(
    connection: sqlite3.Connection,
    evaluation: int,
    events: Iterable[Event],
    known: Mapping[int, TrialState],
) -> None:
    """Update counts and snapshots after `events` have been stored, in the same transaction.

    `known` holds states of trials after `events`; those of other trials are computed from their stored events.
    """
    reached: dict[int, set[int]] = {}
    for event in events:
        if isinstance(event, VerdictReached):
            reached.setdefault(event.trial, set()).add(event.attempt)
    changes = dict.fromkeys(Outcome, 0)
    snapshots: list[dict[str, object]] = []
    for number, attempts in reached.items():
        trial = known.get(number) or _as_stored(connection, evaluation, number)
        for outcome, change in ((_counted(trial, without=attempts), -1), (_counted(trial), 1)):
            if outcome is not None:
                changes[outcome] += change
        if trial.status.settled and not trial.rerun_waits:
            text, checks = snapshot_of(trial)
            snapshots.append({"evaluation": evaluation, "trial": number, "attempts": text, "checks": checks})
    connection.executemany(_KEEP, snapshots)
    for outcome, change in changes.items():
        if change:
            connection.execute(
                f"UPDATE evaluations SET {outcome} = {outcome} + ? WHERE id = ?",  # noqa: S608 - one of three words
                (change, evaluation),
            )


def ended_trials(connection: sqlite3.Connection, evaluation: int) -> Iterator[tuple[int, TrialState | None]]:
    """Trials with a snapshot, in the order they ended; ``None`` for one that cannot be read."""
    rows = connection.execute(
        "SELECT position, trial, attempts, checks FROM ended_trials WHERE evaluation = ? ORDER BY position",
        (evaluation,),
    )
    for position, trial, *kept in rows:
        try:
            count(position)
            yield trial, trial_from(trial, *kept)
        except Unreadable:
            yield trial, None


def stored_in_order(connection: sqlite3.Connection, evaluation: int, runs: int) -> SettledPrefix:
    """Counts of the trials up to the first that is still in progress, of `runs` trials.

    The outcome of a graded trial stays whatever comes after, and one that has ended otherwise is void until it is
    queued again; events are read only for the others.
    """
    said = {trial: Outcome.VOID for (trial,) in connection.execute(_SETTLED_TRIALS, (evaluation,))}
    for trial, outcome, _ in connection.execute(_GRADED_TRIALS, (evaluation,)):
        said[trial] = Outcome(outcome)
    numbers = range(1, runs + 1)
    return prefix_of_outcomes(said.get(number) or _said(connection, evaluation, number) for number in numbers)


def _said(connection: sqlite3.Connection, evaluation: int, number: int) -> Outcome | None:
    """Outcome of a trial in its turn; one that cannot be read counts as void."""
    try:
        return outcome_in_order(_as_stored(connection, evaluation, number))
    except WrittenByNewer:
        raise
    except Unreadable:
        return Outcome.VOID


def _as_stored(connection: sqlite3.Connection, evaluation: int, number: int) -> TrialState:
    rows = connection.execute(
        _EVENTS_OF_TRIAL,
        {"evaluation": evaluation, "trial": number, "of_every_trial": _OF_EVERY_TRIAL},
    )
    return replay_trial(number, (event_from(k, at, t, a, json_value(body)) for k, at, t, a, body in rows))


def _counted(trial: TrialState, without: Container[int] = ()) -> Outcome | None:
    """Outcome of a trial: its first graded one, void when there is none, ``None`` before it has ended.

    The attempts with the numbers `without` are left out.
    """
    outcomes = [
        attempt.verdict.outcome
        for attempt in trial.attempts
        if attempt.verdict is not None and attempt.number not in without
    ]
    graded = (outcome for outcome in outcomes if outcome is not Outcome.VOID)
    return next(graded, Outcome.VOID if outcomes else None)
