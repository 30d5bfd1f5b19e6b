"""Titles of the checks that an evaluation is judged by, without running the file of its task."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from dropout_core.task.requirement import UnknownSuite
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.task_names import DROPOUT


def check_titles(config: EvaluationConfig) -> Mapping[str, str]:
    """Titles by the ids of the checks of the suite, in its order: as they were when the evaluation began. Where it
    keeps none, those of dropout's suite, and none for another task."""
    if config.check_titles or config.task != DROPOUT:
        return dict(config.check_titles)
    return _of_dropout(config.suite)


@lru_cache(maxsize=64)
def _of_dropout(suite: str) -> Mapping[str, str]:
    from dropout_core.tasks.dropout import task

    try:
        return {requirement.id: requirement.title for requirement in task.suite(suite)}
    except UnknownSuite:
        return {}
