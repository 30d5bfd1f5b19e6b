"""Inspect's own evaluation of the task that this project registers, and its scoring of a log once more.

pytest -m integrations -n 0 tests/integrations/test_inspect.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dropout_core.statistics.band.decision import decide
from dropout_core.statistics.pass_rate import Band, Decision
from tests.core.right_answers import RIGHT
from tests.integrations.environments import interpreter_with, output_of

pytestmark = [pytest.mark.integrations, pytest.mark.timeout(1800)]

BAND = Band.parse("10-40")
IDENTITY = "def dropout(x, p, training):\n    return x"
RESCORED = """
import json, sys
from inspect_ai.log import read_eval_log
log = read_eval_log(sys.argv[1])
print(json.dumps([[score.name, score.metrics["accuracy"].value] for score in log.results.scores]))
"""


def test_inspect_finds_the_task_and_scores_as_the_grader_does(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    python = interpreter_with("inspect", request, tmp_path_factory)
    replies = [RIGHT["rand"], IDENTITY, "I would rather not.", RIGHT["rand"]]
    program = Path(__file__).with_name("inspect_evaluation.py")
    seen = json.loads(output_of([python, program, tmp_path], tmp_path, json.dumps(replies)).splitlines()[-1])
    assert seen["status"] == "success"
    assert sorted(seen["scores"]) == sorted(
        [
            [RIGHT["rand"], "C", "All tests passed!"],
            [IDENTITY, "I", "The fraction of zeroed elements is wrong"],
            ["I would rather not.", "I", "No code found: the reply is prose and holds no code"],
            [RIGHT["rand"], "C", "All tests passed!"],
        ]
    )
    scoring = [
        "score",
        seen["log"],
        "--scorer",
        "dropout_core/verdict",
        "--action",
        "overwrite",
        "--overwrite",
    ]
    output_of([python.with_name("inspect"), *scoring], tmp_path)
    assert json.loads(output_of([python, "-I", "-c", RESCORED, seen["log"]], tmp_path)) == [["verdict", 0.5]]


def test_no_further_epoch_begins_once_the_band_is_decided(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    python = interpreter_with("inspect", request, tmp_path_factory)
    program = Path(__file__).with_name("inspect_evaluation.py")
    needed = next(count for count in range(1, 200) if decide(count, count, BAND) is Decision.ABOVE)
    replies = json.dumps([RIGHT["rand"]] * (needed + 30))
    seen = json.loads(output_of([python, program, tmp_path, "10-40"], tmp_path, replies).splitlines()[-1])
    assert seen["status"] == "success"
    assert needed <= len(seen["scores"]) < needed + 30
    said, reasons = seen["early"]
    assert (said["decision"], said["passed"], said["graded"]) == ("above", needed, needed)
    assert set(reasons) == {f"above the band 10-40 %: {needed} of {needed} passed"}
    assert len(reasons) + len(seen["scores"]) == needed + 30
