"""The guide to writing a task, followed word by word."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from dropout_core import grade
from dropout_core.task import Call, Requirement, Task, load_task
from tests.core.tasks_of_ones_own import NAIVE_SOFTMAX, RIGHT_SOFTMAX
from tests.messages_server import Answer, MessagesServer
from tests.tui.program import dropout_tui

pytestmark = pytest.mark.usefixtures("kept_zygotes")

GUIDE = (Path(__file__).parents[1] / "docs" / "writing-a-task.md").read_text("utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
_STEPS = GUIDE.partition("## Ten minutes\n")[2].partition("\n## ")[0]
_COMMANDS = [
    shlex.split(line, comments=True)[1:]
    for block in re.findall(r"```sh\n(.*?)```", _STEPS, re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]
_NEEDS_A_TERMINAL = "--start"
_NEEDS_A_MODEL = "--until-decided"


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_steps_that_need_no_model_succeed_in_an_empty_folder(empty_folder: Path) -> None:
    steps = [each for each in _COMMANDS if _NEEDS_A_TERMINAL not in each and _NEEDS_A_MODEL not in each]
    assert {each[0] for each in steps} == {"new-task", "prompt", "audit", "grade", "run"}
    for step in steps:
        done = dropout_tui(*(part if part != "100" else "2" for part in step))
        assert (done.returncode, done.stderr) == (1 if step[0] == "grade" else 0, ""), step
        if step[0] == "audit":
            assert done.stdout.endswith("✓ no fault\n")
        if step[0] == "grade":
            assert "✗ values" in done.stdout
    for name in ("reference", "windows", "bad_widths"):
        assert f"def {name}(" in (empty_folder / "moving_average.py").read_text("utf-8")


def test_the_step_that_asks_a_model_ends_with_a_decision(empty_folder: Path) -> None:
    (step,) = (each for each in _COMMANDS if _NEEDS_A_MODEL in each)
    assert dropout_tui("new-task", "moving_average").returncode == 0
    right = (empty_folder / "moving_average_answers/right/convolve.py").read_text("utf-8")
    with MessagesServer() as server:
        server.play(*(Answer(f"```python\n{right}# {i}\n```") for i in range(100)))
        done = dropout_tui(*step, DROPOUT_BASE_URL=server.url, DROPOUT_PRICE="1,5", ANTHROPIC_API_KEY="k")
    assert done.returncode == 0, done.stderr
    assert "  Band 10-40%: above\n" in done.stdout


def test_the_task_in_one_file_judges_right_and_wrong_answers(empty_folder: Path) -> None:
    example, _ = PYTHON
    (empty_folder / "softmax.py").write_text(example, "utf-8")
    task = load_task("softmax.py")
    assert grade(RIGHT_SOFTMAX, task=task, seed=7).passed
    assert grade(NAIVE_SOFTMAX, task=task, seed=7).cause == "stable"


def test_the_check_of_ones_own_tells_a_float_from_an_int() -> None:
    _, example = PYTHON
    names: dict[str, Any] = {}
    exec(example, names)
    check = Requirement("whole", "An int.", draw=lambda _: [Call("1h30m")], check=names["whole_numbers"])
    task = Task("parse_duration", "parse_duration", "Write `parse_duration(text)`.", (check,))
    assert grade("def parse_duration(text):\n    return 5400\n", task=task).passed
    wrong = grade("def parse_duration(text):\n    return 5400.0\n", task=task)
    assert wrong.reason == "Whole: The value is no int"
