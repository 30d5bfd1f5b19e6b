"""The reward function for TRL, called as its trainers call it."""

from __future__ import annotations

import asyncio
import inspect
import pickle
from pathlib import Path

from dropout_core.integrations import trl
from dropout_core.rewards import Reward

BREAKS = """\
from dropout_core.task import Call, Requirement, Task

def some(rng):
    yield Call(1.0)

def check(made):
    if made[0].value > 1:
        raise RuntimeError("the check's own fault")
    from dropout_core.task import passed
    return passed("fine")

task = Task(name="breaks", function="f", opening="Implement `f(x)`.",
            requirements=(Requirement("fine", "Return x.", draw=some, check=check),))
"""


def test_a_void_is_none_and_the_first_failing_check_and_the_shares_are_logged(tmp_path: Path) -> None:
    (tmp_path / "breaks.py").write_text(BREAKS)
    reward = pickle.loads(pickle.dumps(trl.TaskReward(tmp_path / "breaks.py", workers=1)))
    columns: dict[str, list[str]] = {}
    numbers: dict[str, float] = {}
    replies = ["def f(x):\n    return x", "def f(x):\n    return 2 * x", "def g(x):\n    return x"]
    scores = asyncio.run(
        reward(
            prompts=["p"] * 3,
            completions=[[{"role": "assistant", "content": reply}] for reply in replies],
            completion_ids=[[1]] * 3,
            trainer_state=None,
            log_extra=columns.__setitem__,
            log_metric=numbers.__setitem__,
        )
    )
    assert scores == [1.0, None, 0.0]
    passed, void, wrong = columns["first_failing_check"]
    assert passed == ""
    assert void.startswith("void: ")
    assert wrong == "runs: No function named f is defined"
    assert numbers == {"check/runs": 0.5, "check/fine": 0.5, "void": 1 / 3}
    asyncio.run(reward.close())


def test_it_is_found_by_name_and_is_asynchronous() -> None:
    assert pickle.loads(pickle.dumps(trl.reward)) is trl.reward
    assert inspect.iscoroutinefunction(trl.reward)
    assert inspect.iscoroutinefunction(trl.TaskReward("softmax").__call__)
    assert trl.TaskReward("softmax").__name__ == "softmax_basic"
    assert "softmax" in trl.TaskReward("softmax").prompt()
    assert pickle.loads(pickle.dumps(trl.TaskReward("softmax"))).__name__ == "softmax_basic"


def test_shares_of_nothing_graded_are_only_of_voids() -> None:
    void = Reward(None, False, True, None, "the machine was too busy", {"seconds": 0.0, "flags": 0.0})
    assert trl.shares([void]) == {"void": 1.0}
    assert trl.shares([]) == {}
