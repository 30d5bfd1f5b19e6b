"""Names in a log of Inspect: of models, samples, the file."""

from __future__ import annotations

import uuid

from dropout_core.reports.record import Record, utc
from dropout_core.values.config import EvaluationConfig

_NAMESPACE = uuid.UUID("5f0f3f0e-6d3c-5d0c-9d6e-0c5f3d1c7a11")
_NO_PROVIDER = "none/"
"""Provider of models that Inspect cannot ask, and need not in order to score a log once more."""


def model_name(config: EvaluationConfig, model: str) -> str:
    """The name of a model with its provider, as Inspect parses names."""
    if config.asks_nobody or config.is_local:
        return f"{_NO_PROVIDER}{model}"
    provider = f"{config.api}/"
    return model if model.startswith(provider) else f"{provider}{model}"


def task_name(config: EvaluationConfig) -> str:
    """The name of the task, with its suite."""
    return f"{config.task}_{config.suite}"


def task_id(record: Record) -> str:
    """The id of the task in one evaluation; without the signs that part the name of a file."""
    return unique_id(record, "task")


def sample_id(trial: int) -> str:
    """The id of a trial's sample."""
    return f"trial-{trial:03}"


def unique_id(record: Record, *path: int | str) -> str:
    """An id that is the same whenever the same part of the same evaluation is exported."""
    state = record.state
    return uuid.uuid5(
        _NAMESPACE, "/".join(map(str, (record.number, state.config.seed, state.started_at, *path)))
    ).hex


def file_name(record: Record) -> str:
    """The name that Inspect gives a log; others are not found in a folder."""
    created, name = utc(record.state.started_at), task_name(record.state.config)
    return "_".join(map(_clean, (created, name, task_id(record)))) + ".eval"


def _clean(part: str) -> str:
    """`part` without what separates the parts of a path or of the name."""
    return "".join("-" if letter in "_/:+\\\0" else letter for letter in part)
