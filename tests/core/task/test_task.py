"""What a task is, how it is loaded, and what its prompt says."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dropout_core.task import Call, Requirement, Task, TaskInvalid, passed, seeded
from dropout_core.task.requirement import UnknownSuite
from dropout_core.task.sources.loading import load_task
from dropout_core.task.unusable import TaskUnusable
from tests.core.tasks_of_ones_own import SOFTMAX


def draw(rng: np.random.Generator) -> list[Call]:
    return [Call(rng.normal(size=3))]


def check(made: Any) -> Any:
    return passed()


def requirement(id_: str = "values", wording: Any = "Do it.", **more: Any) -> Requirement:
    return Requirement(id_, wording, **{"draw": draw, "check": check, **more})


def task(**more: Any) -> Task:
    given = {
        "name": "sums",
        "function": "total",
        "opening": "Implement `total(x)`.",
        "requirements": (requirement(),),
    }
    return Task(**{**given, **more})


LEVELS = {"explicit": "Spelt out.", "plain": "Plainly.", "terse": "Short."}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: requirement("Values"), "requirement id 'Values': write one word in small letters"),
        (lambda: requirement(3), "requirement id 3: write one word"),  # type: ignore[arg-type]
        (lambda: requirement(wording=" "), "requirement 'values': its wording is empty"),
        (lambda: requirement(wording=None), "requirement 'values': its wording is None"),
        (
            lambda: requirement(wording={"plain": "x"}),
            "requirement 'values': its wording lacks the level 'explicit'",
        ),
        (
            lambda: requirement(wording={**LEVELS, "long": "x"}),
            "requirement 'values': there is no level 'long'",
        ),
        (lambda: requirement(wording={**LEVELS, "terse": ""}), "requirement 'values': its wording is empty"),
        (
            lambda: requirement(draw=[Call(1)]),
            r"requirement 'values': draw is \[Call\(1\)\]; give a function",
        ),
        (lambda: requirement(check=None), "requirement 'values': check is None; give a function"),
        (
            lambda: requirement(watch=("memory",)),
            "requirement 'values': cannot watch 'memory'; choose of: input, result",
        ),
        (lambda: requirement(title=""), "requirement 'values': its title is ''"),
        (lambda: requirement(mentions=(1,)), r"requirement 'values': mentions is \(1,\)"),
        (lambda: task(name="a task"), "task name 'a task': write one word"),
        (lambda: task(function="for"), "task 'sums': function is 'for'"),
        (lambda: task(function="a.b"), "task 'sums': function is 'a.b'"),
        (lambda: task(opening=""), "task 'sums': its opening is empty"),
        (lambda: task(requirements=()), "task 'sums': there are no requirements"),
        (lambda: task(requirements=requirement()), "task 'sums': requirements is of type Requirement"),
        (lambda: task(requirements=("values",)), "task 'sums': requirements holds 'values'"),
        (
            lambda: task(requirements=[requirement()] * 2),
            "task 'sums': two requirements have the id 'values'",
        ),
        (
            lambda: task(requirements=[requirement("runs")]),
            "task 'sums': the requirement 'runs' comes by itself",
        ),
        (
            lambda: task(suites={"basic": ["value"]}),
            "task 'sums': suite 'basic' names 'value', which is not a requirement",
        ),
        (lambda: task(suites={"basic": []}), "task 'sums': suite 'basic' is empty"),
        (
            lambda: task(suites={"basic": ["values", "values"]}),
            "task 'sums': suite 'basic' names a requirement twice",
        ),
        (lambda: task(suites={}), "task 'sums': suites is {}"),
        (lambda: task(suites={"a b": ["values"]}), "task 'sums': 'a b' is not a name for a suite"),
        (
            lambda: task(signature="other(x)"),
            "task 'sums': signature is 'other\\(x\\)'; write it as 'total\\(x\\)'",
        ),
        (lambda: task(signature="total(x"), "task 'sums': signature is"),
        (lambda: task(version=0), "task 'sums': version is 0"),
        (lambda: task(false_reject=2), "task 'sums': false_reject is 2; give a probability"),
        (lambda: task(answers=3), "task 'sums': answers is 3"),
        (lambda: task(tools=()), "task 'sums': a task has no tools of its own"),
    ],
)
def test_parts_that_do_not_fit_together_are_reported_in_one_line(
    make: Callable[[], object], words: str
) -> None:
    with pytest.raises(TaskInvalid, match=f"^{words}") as caught:
        make()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "seed"), [("", 1), ("a", -1), ("a", 1.5), ("a", True), (None, 1)])
def test_a_seeded_generator_has_a_name_and_a_seed(name: Any, seed: Any) -> None:
    with pytest.raises(ValueError, match=r"generator needs a name|give a whole number from 0 up"):
        seeded(name, seed)


def test_there_is_one_suite_unless_others_are_named() -> None:
    both = (requirement(), requirement("edge_cases"))
    assert task(requirements=both).suite_ids == {"basic": ("values", "edge_cases")}
    several = task(requirements=both, suites={"easy": ["values"], "hard": ["runs", "edge_cases", "values"]})
    assert several.default_suite == "easy"
    assert [one.id for one in several.suite("hard")] == ["runs", "edge_cases", "values"]
    assert [one.title for one in several.suite("hard")] == ["Runs", "Edge cases", "Values"]
    with pytest.raises(UnknownSuite, match="unknown suite 'basic' of task sums; choose one of: easy, hard"):
        several.suite("basic")


def test_the_prompt_says_what_the_suite_asks_for_at_its_level() -> None:
    made = task(
        requirements=(requirement(wording=LEVELS), requirement("edge_cases", "Empty arrays give 0.")),
        suites={"basic": ["values"], "strict": ["values", "edge_cases"]},
        signature="total(x, axis=None)",
    )
    explicit, plain = made.prompt("explicit", "strict"), made.prompt("plain", "basic")
    assert explicit.startswith("Implement `total(x)`.\n\n1. Define a function `total(x, axis=None)`.")
    assert "\n2. Spelt out.\n3. Empty arrays give 0.\n" in explicit
    assert plain.startswith("Implement `total(x)`. Define a function `total(x, axis=None)`. Plainly.\n")
    assert "Empty" not in plain
    assert "submit_answer" in made.prompt("terse", mode="agent")
    assert "dropout" not in explicit + plain
    assert made.prompt() == made.prompt("explicit", "basic", "answer")


def test_a_task_is_copied_and_pickled() -> None:
    for made in (copy.deepcopy(task()), pickle.loads(pickle.dumps(task()))):
        assert made.prompt() == task().prompt()


def test_a_file_gives_its_task_with_folders_beside_it(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("ANSWERS = 'known'")
    file = tmp_path / "mine.py"
    file.write_text(
        SOFTMAX.replace("import numpy as np", "import numpy as np\nfrom beside import ANSWERS").replace(
            'name="softmax"', 'name="softmax", answers=ANSWERS, samples="samples"'
        )
    )
    loaded = load_task(file)
    assert (loaded.name, loaded.path) == ("softmax", file)
    assert (loaded.answers, loaded.samples) == (tmp_path / "known", tmp_path / "samples")
    again = load_task(str(file))
    assert again.digest == loaded.digest
    file.write_text(file.read_text() + "\n")
    assert load_task(file).digest != loaded.digest


def test_a_folder_gives_the_task_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "task.py").write_text(SOFTMAX)
    assert load_task(tmp_path).path == tmp_path / "task.py"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import numpy as np\nx = = 1\n", "{file}, line 2: SyntaxError: invalid syntax"),
        ("x = '\0'", "{file}: (ValueError|SyntaxError): source code"),
        (
            "\n\nimport no_such_module\n",
            "{file}, line 3: ModuleNotFoundError: No module named 'no_such_module'",
        ),
        ("1 / 0", "{file}, line 1: ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit(3)", "{file}, line 2: SystemExit: 3"),
        ("x = 1", "{file}: it defines no `task`"),
        ("task = 3", "{file}: its `task` is of type int"),
        (
            "from dropout_core.task import *\n\ntask = Task('a', 'a', 'Do.', ())",
            "{file}, line 3: task 'a': there are no requirements",
        ),
    ],
)
def test_a_file_without_a_task_is_reported_in_one_line(tmp_path: Path, source: str, words: str) -> None:
    file = tmp_path / "bad.py"
    file.write_text(source)
    pattern = words.replace("{file}", re.escape(str(file)))
    with pytest.raises(TaskUnusable, match=f"^{pattern}") as caught:
        load_task(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["sofmax", "", "no/such/file.py", "missing.py", "a\0b"])
def test_a_name_of_neither_a_task_nor_a_file_is_reported_in_one_line(name: str) -> None:
    with pytest.raises(TaskUnusable, match=r"unknown task|is empty|there is no file|cannot read"):
        load_task(name)


def test_a_file_named_without_its_ending_is_pointed_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("task = 1\n")
    with pytest.raises(TaskUnusable, match=r"^unknown task 'mine'; there is mine\.py: give its whole name$"):
        load_task("mine")
