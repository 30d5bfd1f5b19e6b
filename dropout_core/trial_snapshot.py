"""A trial whose attempts have ended, as the store keeps it beside its events: what they come to, quick to read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any

from dropout_core.check import Check, CheckStatus
from dropout_core.stored_json import dump
from dropout_core.trial_state import AttemptState, Phase, StepTaken, TrialState
from dropout_core.unread_checks import UnreadChecks, pack
from dropout_core.verdict import Verdict

_PASSING = frozenset({"busy_since", "wait", "verdict"})
"""What an attempt that has ended no longer has, and what is kept in a form of its own."""
_KEPT = tuple(item.name for item in fields(AttemptState) if item.name not in _PASSING)
_values_of = attrgetter(*(item.name for item in fields(StepTaken)))
_STATUSES = {str(status): status for status in CheckStatus}


def snapshot_of(trial: TrialState) -> tuple[str, bytes]:
    """JSON, and packed the checks of each attempt."""
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
    """The inverse of `snapshot_of`. The checks are not read."""
    return TrialState(
        number,
        tuple(_attempt_from(value, packed, place) for place, value in enumerate(json.loads(attempts))),
        queued=False,
    )


def _attempt_from(value: Any, packed: bytes, place: int) -> AttemptState:
    kept, verdict = value["attempt"], None
    if value["verdict"] is not None:
        checks = UnreadChecks(
            packed, place, tuple((id_, _STATUSES[status]) for id_, status in value["statuses"])
        )
        verdict = Verdict.from_json(value["verdict"], checks)
    kept |= {"phase": Phase(kept["phase"]), "steps": tuple(StepTaken(*step) for step in kept["steps"])}
    return AttemptState(**kept, verdict=verdict)
