"""Inspect AI log (version 2) in JSON, for `inspect view` and `read_eval_log`; `inspect_archive` writes the same as a
``.eval`` file.

One sample per trial, each in epoch 1: with one sample of many epochs Inspect's intervals collapse. A void trial has
no score and an error, so that no metric counts it. Written and read back with Inspect AI 0.3.285.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dropout_core.models.request_settings import fields_of
from dropout_core.reports.inspect.names import model_name, sample_id, task_id, task_name, unique_id
from dropout_core.reports.inspect.sample import SCORER, sample_of, shown, usage_of
from dropout_core.reports.record import Record, utc
from dropout_core.values.config import EvaluationConfig
from dropout_core.verdict.verdict import CheckStatus
from dropout_core.version import __version__

VERSION = 2
_FINISHED = frozenset({"completed", "decided"})
"""Stop reasons after which nothing was left to do."""
_ACCURACY = {"name": "inspect_ai/accuracy"}
_INTERVAL = {"name": "inspect_ai/ci_wilson"}
_PLACES = {CheckStatus.PASSED: 0, CheckStatus.FAILED: 1, CheckStatus.NOT_REACHED: 2}


def inspect_log(record: Record) -> Iterator[str]:
    """The log, in pieces: JSON, except for the ``NaN`` that Inspect writes and reads."""
    yield "{\n"
    for key, value in head_of(record).items():
        yield f'"{key}": {dumped(value)},\n'
    yield '"samples": ['
    separator = "\n"
    for trial in record.state.trials:
        attempt = shown(trial)
        if attempt is not None:
            yield separator + dumped(sample_of(record, trial, attempt))
            separator = ",\n"
    yield "\n]\n}\n"


def head_of(record: Record) -> dict[str, Any]:
    """Everything but the samples."""
    # The order of the fields is part of the format.
    return {
        "version": VERSION,
        "status": "success" if record.state.stop_reason in _FINISHED else "cancelled",
        "eval": _spec(record),
        "plan": {"name": "plan", "steps": [], "config": {}},
        "results": _results(record),
        "stats": _stats(record),
    }


def dumped(value: object) -> str:
    """`value` as JSON that Inspect reads."""
    # Its reader rejects lone surrogates, even escaped ones: they become question marks.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()


def _spec(record: Record) -> dict[str, Any]:
    config = record.state.config
    name = task_name(config)
    samples = [sample_id(trial.number) for trial in record.state.trials]
    return {
        "eval_id": unique_id(record, "eval"),
        "run_id": unique_id(record, "run"),
        "created": utc(record.state.started_at),
        "task": name,
        "task_id": task_id(record),
        "task_version": config.task_version,
        "task_args": config.to_json(),
        "dataset": {"name": name, "samples": len(samples), "sample_ids": samples, "shuffled": False},
        "model": model_name(config, config.model),
        "model_base_url": config.base_url,
        "model_generate_config": _generate_config(config),
        "model_args": {},
        "config": {"epochs": 1},
        "packages": {"dropout-tui": __version__},
        "scorers": [
            {"name": SCORER, "metrics": [_ACCURACY, _INTERVAL]},
            *({"name": name, "metrics": [_ACCURACY]} for name in _check_counts(record)),
        ],
        "tags": list(record.annotation.tags),
        "metadata": {
            "band": [config.band.lo, config.band.hi],
            "seed": config.seed,
            "name": record.annotation.name,
            "note": record.annotation.note,
            **({"notice": config.notice} if config.notice else {}),
        },
    }


def _generate_config(config: EvaluationConfig) -> dict[str, Any]:
    """Settings under Inspect's names; others as further fields of the request."""
    further = fields_of(config)
    named: dict[str, Any] = {"max_connections": config.slots}
    if config.max_tokens_from != "unknown":
        named["max_tokens"] = config.max_tokens
    for ours, theirs in (("temperature", "temperature"), ("top_p", "top_p"), ("system", "system_message")):
        if ours in further:
            named[theirs] = further.pop(ours)
    if config.api == "openai" and "output_config" in further:
        named["reasoning_effort"] = further.pop("output_config")["effort"]
    return named | ({"extra_body": further} if further else {})


def _results(record: Record) -> dict[str, Any]:
    state, tally = record.state, record.state.tally
    lower, upper = state.interval
    metrics = {
        "accuracy": {"name": "accuracy", "value": state.pass_rate},
        "lower": {"name": "lower", "group": "ci_wilson", "value": lower},
        "upper": {"name": "upper", "group": "ci_wilson", "value": upper},
    }
    return {
        "total_samples": len(state.trials),
        "completed_samples": tally.graded,
        "scores": [
            {
                "name": SCORER,
                "scorer": SCORER,
                "scored_samples": tally.graded,
                "unscored_samples": tally.void,
                "params": {},
                "metrics": metrics if tally.graded else {},
                "metadata": {
                    "re_rolled": tally.rerolled,
                    "confidence_sequence_95": list(state.sequence),
                    "decision": str(state.decision),
                    "tolerance": state.config.tolerance,
                    "task_unrelated": tally.task_unrelated,
                },
            },
            *(_check_result(name, *counts) for name, counts in _check_counts(record).items()),
        ],
    }


def _check_counts(record: Record) -> dict[str, list[int]]:
    """How many samples passed, failed and did not reach each check, in the order in which they first appear."""
    counts: dict[str, list[int]] = {}
    for trial in record.state.trials:
        attempt = shown(trial)
        for name, status in () if attempt is None or attempt.verdict is None else attempt.verdict.statuses:
            if name != SCORER:
                counts.setdefault(name, [0, 0, 0])[_PLACES[status]] += 1
    return counts


def _check_result(name: str, passed: int, failed: int, not_reached: int) -> dict[str, Any]:
    reached = passed + failed
    return {
        "name": name,
        "scorer": name,
        "scored_samples": reached,
        "unscored_samples": not_reached,
        "params": {},
        "metrics": {"accuracy": {"name": "accuracy", "value": passed / reached}} if reached else {},
    }


def _stats(record: Record) -> dict[str, Any]:
    state, tally = record.state, record.state.tally
    return {
        "started_at": utc(state.started_at),
        "completed_at": "" if state.ended_at is None else utc(state.ended_at),
        "model_usage": {model_name(state.config, state.config.model): usage_of(tally, state.price)},
    }
