"""verifiers' own validation of the taskset, and its scoring of traces.

pytest -m integrations -n 0 tests/integrations/test_verifiers.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.core.right_answers import RIGHT
from tests.integrations.environments import interpreter_with, output_of

pytestmark = [pytest.mark.integrations, pytest.mark.timeout(1800)]

MODULE = """\
from dropout_core.integrations.verifiers import DropoutTaskset

__all__ = ["DropoutTaskset"]
"""
IDENTITY = "def dropout(x, p, training):\n    return x"


def test_the_taskset_validates_and_its_traces_are_scored(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    python = interpreter_with("verifiers", request, tmp_path_factory)
    (tmp_path / "my_dropout.py").write_text(MODULE)
    validate: list[str | Path] = [
        python.with_name("vf-validate"),
        "my-dropout",
        "--runtime.type",
        "subprocess",
        "--no-rich",
    ]
    output_of([*validate, "-o", tmp_path / "out"], tmp_path, PYTHONPATH=str(tmp_path))
    (results,) = (tmp_path / "out").glob("*/results.jsonl")
    (row,) = map(json.loads, results.read_text().splitlines())
    assert (row["gold"]["reason"], row["noop"]["reason"], row["noop"]["reward"]) == ("valid", "valid", 0.0)

    program = Path(__file__).with_name("verifiers_scores.py")
    seen = json.loads(output_of([python, program], tmp_path, json.dumps([RIGHT["rand"], IDENTITY])))
    right, identity = seen["scores"]
    assert (right["reward"], right["reason"]) == (1.0, "All tests passed!")
    assert identity["reward"] == 3 / 8
    assert identity["metrics"]["shape"] == 1
    assert identity["metrics"]["rate"] == 0
    assert seen["prompts"] == 2
    assert seen["prompt"].startswith("Implement dropout")
