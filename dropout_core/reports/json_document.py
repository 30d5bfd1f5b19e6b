"""JSON document with everything in an evaluation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dropout_core.reports.jsonlines import summary_object
from dropout_core.reports.record import Record
from dropout_core.state.trial_state import AttemptState, TrialState
from dropout_core.verdict.causes import cause_beside_task

FORMAT = "dropout-tui evaluation"
VERSION = 1
"""Raised when a change would break readers of the earlier form."""


def json_document(record: Record) -> Iterator[str]:
    """The document, in pieces: one line per trial. ASCII, so that any text of a model survives."""
    state = record.state
    head: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "id": record.number,
        **record.annotation.to_json(),
        "started_at": state.started_at,
        "ended_at": state.ended_at,
        "stop_reason": state.stop_reason,
        "config": state.config.to_json(),
        "summary": summary_object(record.number, state),
        "checks": [
            {
                "id": name,
                "task_related": cause_beside_task(name) is None,
                "reached": tally.reached,
                "failed": tally.failed,
                "first_to_fail": tally.first,
            }
            for name, tally in state.checks
        ],
    }
    yield "{\n"
    for key, value in head.items():
        yield f'  "{key}": {json.dumps(value)},\n'
    yield '  "trials": ['
    separator = "\n"
    for trial in state.trials:
        yield f"{separator}    {json.dumps(_trial(record, trial))}"
        separator = ",\n"
    yield "\n  ]\n}\n"


def _trial(record: Record, trial: TrialState) -> dict[str, Any]:
    counted = trial.counted
    return {
        "trial": trial.number,
        "status": str(trial.status),
        "counted_attempt": None if counted is None else counted.number,
        "attempts": [_attempt(record, trial, attempt) for attempt in trial.attempts],
    }


def _attempt(record: Record, trial: TrialState, attempt: AttemptState) -> dict[str, Any]:
    return {
        "attempt": attempt.number,
        "seed": attempt.seed,
        "started_at": attempt.started_at,
        "seconds": round(attempt.busy_seconds, 3),
        "steps": attempt.step,
        "model": attempt.model,
        "stop_reason": attempt.stop_reason,
        "input_tokens": attempt.input_tokens,
        "output_tokens": attempt.output_tokens,
        "thinking_tokens": attempt.thinking_tokens,
        "cache_read_input_tokens": attempt.cache_read_input_tokens,
        "cache_creation_input_tokens": attempt.cache_creation_input_tokens,
        "tokens_estimated": attempt.estimated,
        "code": attempt.code,
        "code_from": attempt.origin,
        "verdict": None if attempt.verdict is None else attempt.verdict.to_json(),
        "conversation": [turn.to_json() for turn in record.conversation(trial.number, attempt.number)],
    }
