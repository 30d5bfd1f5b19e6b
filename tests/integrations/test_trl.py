"""TRL's own trainer with this project's reward function.

pytest -m integrations -n 0 tests/integrations/test_trl.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.core.right_answers import RIGHT
from tests.integrations.environments import interpreter_with, output_of

pytestmark = [pytest.mark.integrations, pytest.mark.timeout(1800)]

UNSCALED = "def dropout(x, p, training):\n    return x * (np.random.rand(*x.shape) >= p) if training else x"


def test_two_steps_of_grpo_learn_from_the_verdicts(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    python = interpreter_with("trl", request, tmp_path_factory)
    answers = [RIGHT["rand"], UNSCALED]
    program = Path(__file__).with_name("grpo_steps.py")
    seen = json.loads(output_of([python, program, tmp_path], tmp_path, json.dumps(answers)).splitlines()[-1])
    expected = {RIGHT["rand"]: 1.0, UNSCALED: 0.0}
    assert len(seen["completions"]) == 16
    assert seen["rewards"] == [expected.get(text, 0.0) for text in seen["completions"]]
    assert set(seen["completions"]) & set(answers)
    for text, failing in zip(seen["completions"], seen["first_failing_check"], strict=True):
        cause = {RIGHT["rand"]: "", UNSCALED: "scaling"}.get(text, "no_code")
        assert failing.partition(":")[0] == cause
    steps = [row for row in seen["history"] if "reward" in row]
    assert [row["rewards/reward/mean"] for row in steps] == [row["reward"] for row in steps]
    assert len(steps) == 2
    assert steps[-1]["reward"] == pytest.approx(sum(seen["rewards"]) / 16)
    assert all(0 < row["check/runs"] <= 1 and row["void"] == 0 for row in steps)
    assert seen["moved"]
