"""Snapshot of a trial whose attempts have ended, stored beside its events because it is faster to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any

from dropout_core.state.trial_state import AttemptState, StepTaken, TrialState
from dropout_core.values.stored.compact_json import dump
from dropout_core.values.stored.value import Unreadable, count, fields_reader, json_value, sequence_of
from dropout_core.verdict.check import Check, CheckStatus
from dropout_core.verdict.packed_checks import PackedChecks, pack
from dropout_core.verdict.verdict import Verdict

_PASSING = frozenset({"busy_since", "wait", "verdict"})
"""Fields that an ended attempt does not have, or that are stored in a form of their own."""
_KEPT = tuple(item.name for item in fields(AttemptState) if item.name not in _PASSING)
_values_of = attrgetter(*(item.name for item in fields(StepTaken)))
_STATUSES = {str(status): status for status in CheckStatus}


def snapshot_of(trial: TrialState) -> tuple[str, bytes]:
    """The trial as JSON, and the packed checks of its attempts."""
    attempts: list[Any] = []
    checks: list[Sequence[Check]] = []
    for attempt in trial.attempts:
        verdict = attempt.verdict
        statuses = () if verdict is None else verdict.statuses
        attempts.append(
            {
                "attempt": {
                    **{name: getattr(attempt, name) for name in _KEPT},
                    "steps": [_values_of(step) for step in attempt.steps],
                },
                "verdict": None if verdict is None else {**verdict.headline_json(), "checks": ()},
                "statuses": statuses,
            }
        )
        checks.append(() if verdict is None else verdict.checks)
    return dump(attempts), pack(checks)


def trial_from(number: int, attempts: str, packed: bytes) -> TrialState:
    """The inverse of `snapshot_of`. The checks are not read.

    Raises:
        Unreadable: it is no trial whose attempts have ended.
    """
    values = json_value(attempts)
    if not isinstance(packed, bytes) or not isinstance(values, list):
        raise Unreadable("its snapshot is invalid")
    trial = TrialState(
        count(number),
        tuple(_attempt_from(value, packed, place) for place, value in enumerate(values)),
        queued=False,
    )
    if not trial.status.settled:
        raise Unreadable("its snapshot has not ended")
    return trial


def _attempt_from(value: Any, packed: bytes, place: int) -> AttemptState:
    match value:
        case {"attempt": kept, "verdict": None}:
            return AttemptState(**_read_attempt(kept))
        case {"attempt": kept, "verdict": said, "statuses": statuses}:
            checks = PackedChecks(packed, place, sequence_of(_read_status)(statuses))
            return AttemptState(**_read_attempt(kept), verdict=Verdict.from_json(said, checks))
        case _:
            raise Unreadable("an attempt in its snapshot is invalid")


def _read_status(value: Any) -> tuple[str, CheckStatus]:
    # No match statement: it takes ten times as long, and an evaluation is opened as quickly as this is read.
    if isinstance(value, list) and len(value) == 2:
        id_, status = value
        if isinstance(id_, str) and isinstance(status, str) and status in _STATUSES:
            return id_, _STATUSES[status]
    raise Unreadable("a check in its snapshot is invalid")


def _read_step(value: Any) -> StepTaken:
    if not isinstance(value, list) or len(value) != len(_STEP_FIELDS):
        raise Unreadable("it is not a step")
    return StepTaken(**_read_step_fields(dict(zip(_STEP_FIELDS, value, strict=True))))


_STEP_FIELDS = tuple(item.name for item in fields(StepTaken))
_read_step_fields = fields_reader(StepTaken, {})
_read_attempt = fields_reader(AttemptState, {"steps": sequence_of(_read_step)}, without=_PASSING)
