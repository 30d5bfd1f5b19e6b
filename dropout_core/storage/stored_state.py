"""State of a stored evaluation, as far as it can be read.

A run with unreadable parts says nothing about the model, so it is void, with the reason. Unreadable parts that belong
to no run are left out and listed; without its beginning an evaluation cannot be read at all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from dropout_core.state.evaluation_state import EvaluationState, replay
from dropout_core.state.events import (
    AttemptStarted,
    EvaluationStarted,
    Event,
    PlanChanged,
    TrialEvent,
    event_from,
)
from dropout_core.state.trial_state import AttemptState, Phase, TrialState
from dropout_core.storage.snapshots import ended_trials
from dropout_core.values.stored.value import Unreadable, WrittenByNewer, json_value, number
from dropout_core.verdict.verdict import Outcome, Verdict

_COLUMNS = "SELECT e.position, e.kind, e.at, e.trial, e.attempt, e.body FROM events AS e"
# An event of a trial that has ended is in the trial's snapshot, unless it came after that.
_BESIDE_SNAPSHOTS = f"""
{_COLUMNS} LEFT JOIN ended_trials AS t ON t.evaluation = e.evaluation AND t.trial = e.trial
WHERE e.evaluation = ? AND (t.position IS NULL OR e.position > t.position)
ORDER BY e.position
"""
_OF_TRIAL = f"{_COLUMNS} WHERE e.evaluation = ? AND e.trial = ? ORDER BY e.position"

_Row = tuple[int, str, float, int | None, int | None, str]


@dataclass(slots=True)
class _Found:
    """Readable parts of an evaluation."""

    events: list[tuple[int, Event]] = field(default_factory=list)
    """Events, with their positions."""
    spoilt: dict[int, str] = field(default_factory=dict)
    """Trials with unreadable parts, and the reasons."""
    left_out: list[str] = field(default_factory=list)
    """Other unreadable parts."""


def stored_state(
    connection: sqlite3.Connection, evaluation: int, kept: Callable[[TrialState], TrialState] | None = None
) -> EvaluationState | None:
    """State of an evaluation, with what could not be read in its `damage`; ``None`` when it has no events.

    `kept` makes of each ended trial what is kept of it in memory. To be called inside a transaction.

    Raises:
        Unreadable: nothing can be said of it.
    """
    found = _Found()
    _read(connection.execute(_BESIDE_SNAPSHOTS, (evaluation,)), found)
    if not found.events and not found.spoilt and not found.left_out:
        return None
    first = next((event for _, event in found.events), None)
    if not isinstance(first, EvaluationStarted):
        raise Unreadable(next(iter((*found.left_out, *found.spoilt.values())), "its beginning is missing"))
    ended = _ended(connection, evaluation, found, kept)
    events = [event for _, event in sorted(found.events, key=lambda one: one[0])]
    found.spoilt = {**_misnumbered(ended, events), **found.spoilt}
    plans = (event.plan for event in events if isinstance(event, PlanChanged))
    runs = max([first.config.runs, *(plan.runs for plan in plans)])
    beyond = {event.trial for event in events if isinstance(event, TrialEvent)} | {*ended, *found.spoilt}
    found.left_out += [f"there is no run {trial:,} of {runs:,}" for trial in sorted(beyond) if trial > runs]
    usable = (
        event
        for event in events
        if not isinstance(event, TrialEvent) or (event.trial <= runs and event.trial not in found.spoilt)
    )
    whole = [trial for trial in ended.values() if trial.number <= runs and trial.number not in found.spoilt]
    spoilt = {trial: why for trial, why in sorted(found.spoilt.items()) if trial <= runs}
    state = replay(usable, [*whole, *(_void(first, trial, why) for trial, why in spoilt.items())])
    state = _as_of(connection, evaluation, state)
    return replace(state, damage=(*(f"run {trial}: {why}" for trial, why in spoilt.items()), *found.left_out))


def _as_of(connection: sqlite3.Connection, evaluation: int, state: EvaluationState) -> EvaluationState:
    """`state` with the time of the latest event, which may be in a snapshot."""
    (at,) = connection.execute(
        "SELECT at FROM events WHERE evaluation = ? ORDER BY position DESC LIMIT 1", (evaluation,)
    ).fetchone()
    try:
        return replace(state, latest_at=number(at))
    except Unreadable:
        return state


def _read(rows: Iterable[_Row], found: _Found) -> None:
    for position, kind, at, trial, attempt, body in rows:
        try:
            found.events.append((position, event_from(kind, at, trial, attempt, json_value(body))))
        except WrittenByNewer:
            raise
        except Unreadable as error:
            why = f"event {position}: {error}"
            if type(trial) is int and trial > 0:
                found.spoilt.setdefault(trial, why)
            else:
                found.left_out.append(why)


def _ended(
    connection: sqlite3.Connection,
    evaluation: int,
    found: _Found,
    kept: Callable[[TrialState], TrialState] | None,
) -> dict[int, TrialState]:
    """Readable snapshots; events are read in place of the others."""
    trials = {}
    for trial, snapshot in ended_trials(connection, evaluation):
        if snapshot is not None:
            trials[trial] = snapshot if kept is None else kept(snapshot)
        elif type(trial) is int:
            known = {position for position, _ in found.events}
            rows = connection.execute(_OF_TRIAL, (evaluation, trial)).fetchall()
            _read((row for row in rows if row[0] not in known), found)
    return trials


def _misnumbered(ended: Mapping[int, TrialState], events: Iterable[Event]) -> dict[int, str]:
    """Trials whose attempts are not numbered from 1 without gaps."""
    latest = {number: len(trial.attempts) for number, trial in ended.items()}
    wrong = {
        number
        for number, trial in ended.items()
        if any(attempt.number != place for place, attempt in enumerate(trial.attempts, 1))
    }
    for event in events:
        if isinstance(event, AttemptStarted):
            latest[event.trial] = latest.get(event.trial, 0) + 1
            if event.attempt != latest[event.trial]:
                wrong.add(event.trial)
    return dict.fromkeys(wrong, "its attempts are not numbered from 1 up")


def _void(first: EvaluationStarted, trial: int, why: str) -> TrialState:
    """Void trial in place of one that cannot be read."""
    verdict = Verdict(Outcome.VOID, f"cannot be read: {why}", first.config.suite, 0, "not run")
    attempt = AttemptState(1, 0, first.at, phase=Phase.ENDED, verdict=verdict)
    return TrialState(trial, (attempt,), queued=False)
