"""Gradings on a local Ray of two machines.

pytest -m integrations -n 0 tests/integrations/test_ray.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.core.right_answers import RIGHT
from tests.core.wrong_answers import WRONG
from tests.integrations.environments import interpreter_with, output_of

pytestmark = [pytest.mark.integrations, pytest.mark.timeout(1800)]


def test_verdicts_are_the_same_on_every_machine_and_when_one_is_lost_midway(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    python = interpreter_with("ray", request, tmp_path_factory)
    codes = [*RIGHT.values()][:10] + [code for code, *_ in WRONG.values()][:10]
    program = Path(__file__).with_name("ray_gradings.py")
    said = output_of([python, program], tmp_path, json.dumps(codes), RAY_USAGE_STATS_ENABLED="0")
    seen = json.loads(said.splitlines()[-1])
    assert seen["there"] == seen["expected"]
    assert seen["after_the_loss"] == seen["expected"]
    assert {outcome for outcome, *_ in seen["expected"]} == {"passed", "failed"}
    assert seen["lost"] == 1
    assert "not run" not in seen["isolation"]
