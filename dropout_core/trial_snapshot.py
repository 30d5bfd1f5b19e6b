"""A trial whose attempts have ended, as the store keeps it beside its events: what they come to, quick to read."""

from __future__ import annotations

import json
from dataclasses import astuple, fields, replace
from typing import Any

from dropout_core.check import CheckStatus
from dropout_core.trial_state import AttemptState, Phase, StepTaken, TrialState
from dropout_core.unread_checks import UnreadChecks
from dropout_core.verdict import Verdict

_PASSING = frozenset({"busy_since", "wait", "verdict"})
"""What an attempt that has ended no longer has, and what is kept in a form of its own."""
_KEPT = tuple(item.name for item in fields(AttemptState) if item.name not in _PASSING)
_STATUSES = {str(status): status for status in CheckStatus}


def snapshot_of(trial: TrialState) -> tuple[list[Any], list[str]]:
    """Plain JSON values, and for each attempt the JSON text of its checks."""
    attempts: list[Any] = []
    texts = []
    for attempt in trial.attempts:
        verdict = attempt.verdict
        statuses = () if verdict is None else verdict.statuses
        attempts.append(
            {
                "attempt": {
                    **{name: getattr(attempt, name) for name in _KEPT},
                    "steps": [astuple(step) for step in attempt.steps],
                },
                "verdict": None if verdict is None else replace(verdict, checks=()).to_json(),
                "statuses": [[id_, str(status)] for id_, status in statuses],
            }
        )
        checks = () if verdict is None else verdict.checks
        texts.append(json.dumps([check.to_json() for check in checks], separators=(",", ":")))
    return attempts, texts


def trial_from(number: int, attempts: list[Any], texts: list[str]) -> TrialState:
    """The inverse of `snapshot_of`. The checks are not read."""
    return TrialState(number, tuple(map(_attempt_from, attempts, texts)), queued=False)


def _attempt_from(value: Any, text: str) -> AttemptState:
    kept, verdict = value["attempt"], None
    if value["verdict"] is not None:
        checks = UnreadChecks(text, tuple((id_, _STATUSES[status]) for id_, status in value["statuses"]))
        verdict = replace(Verdict.from_json(value["verdict"]), checks=checks)
    kept |= {"phase": Phase(kept["phase"]), "steps": tuple(StepTaken(*step) for step in kept["steps"])}
    return AttemptState(**kept, verdict=verdict)
