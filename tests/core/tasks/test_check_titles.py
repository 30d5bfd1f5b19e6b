"""Titles of checks, as an evaluation keeps them."""

from __future__ import annotations

import json
from pathlib import Path

from dropout_core.task.definition import Task
from dropout_core.task.sources.loading import load_task
from dropout_core.tasks.check_titles import check_titles
from dropout_core.tasks.dropout import task as dropout
from dropout_core.values.config import EvaluationConfig
from tests.core.tasks_of_ones_own import SOFTMAX

TITLED = SOFTMAX.replace("draw=large,", 'draw=large, title="Large entries",')


def stored(task: Task, suite: str) -> EvaluationConfig:
    config = EvaluationConfig("m", "asked", 1, **task.stored(suite))
    return EvaluationConfig.from_json(json.loads(json.dumps(config.to_json())))


def test_titles_of_a_task_file_are_there_when_the_file_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(TITLED)
    config = stored(load_task(path), "basic")
    path.unlink()
    assert list(check_titles(config)) == ["runs", "values", "stable"]
    assert check_titles(config)["stable"] == "Large entries"


def test_only_dropout_has_titles_where_none_were_kept() -> None:
    bare = EvaluationConfig("m", "asked", 1, suite="basic")
    assert check_titles(bare) == check_titles(stored(dropout, "basic")) != {}
    assert check_titles(EvaluationConfig("m", "asked", 1, suite="no such suite")) == {}
    assert check_titles(EvaluationConfig("m", "asked", 1, task="mine", suite="basic")) == {}
