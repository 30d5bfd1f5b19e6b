"""The grid of a sweep, from what was typed to its cells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dropout_core.values.config import EvaluationConfig
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.presenters.sweep.grid import Axis, GridProblem, axis, laid_out, setting_axis

FORM = LaunchForm("m", base_url="http://127.0.0.1:1")


def configs(form: LaunchForm, *axes: Axis) -> list[EvaluationConfig]:
    return [cell.config for cell in laid_out(form, axes, {}).cells if cell.config is not None]


def test_there_is_a_cell_for_every_combination_each_with_its_share_of_the_error() -> None:
    made = configs(FORM, axis("prompt", "plain, terse"), axis("suite", "basic,strict,hard"))
    assert [(one.prompt, one.suite) for one in made] == [
        (prompt, suite) for prompt in ("plain", "terse") for suite in ("basic", "strict", "hard")
    ]
    assert {one.decision_error for one in made} == {0.05 / 6}
    assert [one.sweep_cell for one in made] == [1, 2, 3, 4, 5, 6]
    assert all(one.until_decided for one in made)
    assert len({one.seed for one in made}) == 6
    assert len({one.sweep for one in made}) == 1


def test_settings_and_fields_of_the_request_can_be_varied() -> None:
    made = configs(FORM, setting_axis("effort=low,high"), setting_axis("top_k=5,10"))
    assert [(one.effort, one.set["top_k"]) for one in made] == [
        ("low", 5), ("low", 10), ("high", 5), ("high", 10)
    ]  # fmt: skip
    nested = configs(FORM, setting_axis('metadata={"user_id":"a,b"},{"user_id":"c"}'))
    assert [one.set["metadata"]["user_id"] for one in nested] == ["a,b", "c"]


def test_the_same_grid_is_the_same_sweep_whatever_it_may_spend_and_however_far_it_goes() -> None:
    def digest(form: LaunchForm = FORM, suites: str = "basic,strict") -> str:
        return laid_out(form, [axis("suite", suites)], {}).digest

    spending = replace(FORM, concurrency="3", budget="7", price="1,2", max_total_tokens="100")
    assert digest(spending) == digest() == digest()
    assert digest(replace(FORM, runs="11", tolerance="5")) == digest()
    others = [
        digest(replace(FORM, seed="1")),
        digest(replace(FORM, seed="2")),
        digest(replace(FORM, tries="2")),
        digest(replace(FORM, timeout="5,5,50")),
        digest(replace(FORM, temperature="0.5")),
        digest(replace(FORM, base_url="http://127.0.0.1:2")),
        digest(suites="basic,hard"),
    ]
    assert len({digest(), *others}) == 1 + len(others)


def test_a_seed_settles_the_seeds_of_all_cells() -> None:
    first, again = (configs(replace(FORM, seed="5"), axis("suite", "basic,strict")) for _ in range(2))
    assert [one.seed for one in first] == [one.seed for one in again]


def test_a_value_that_does_not_go_with_some_other_is_said_by_its_cells() -> None:
    grid = laid_out(FORM, [axis("task", "dropout,softmax"), axis("suite", "basic,hard")], {})
    problems = {dict(cell.place)["task"] + dict(cell.place)["suite"]: cell.problem for cell in grid.cells}
    assert problems["dropouthard"] == ""
    without = [name for name, problem in problems.items() if problem]
    assert all(name.startswith("softmax") for name in without)


def test_an_unknown_name_is_said_by_its_cells() -> None:
    grid = laid_out(FORM, [axis("prompt", "plain,terse"), axis("suite", "basic,none")], {})
    problems = [(dict(cell.place)["suite"], cell.problem.partition(";")[0]) for cell in grid.cells]
    unknown = next(problem for suite, problem in problems if suite == "none")
    assert unknown.startswith("unknown suite 'none'")
    assert problems == [("basic", ""), ("none", unknown)] * 2


@pytest.mark.parametrize(
    ("form", "axes", "message"),
    [
        (FORM, ["suite=none,neither"], "--suites: unknown suite 'none'"),
        (replace(FORM, runs="0"), ["suite=basic,strict"], "--runs: 0 is out of range"),
        (FORM, ["prompt=plain,plain"], "--prompts: plain is there twice"),
        (FORM, ["effort=so"], "--set-grid effort: "),
        (FORM, [f"temperature={','.join(f'0.{n:03}' for n in range(501))}"], "the grid has 501 cells"),
    ],
)
def test_a_mistake_is_said_with_its_option(form: LaunchForm, axes: list[str], message: str) -> None:
    with pytest.raises(GridProblem) as raised:
        laid_out(form, [axis(*one.split("=", 1)) for one in axes], {})
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("temperature=0,0.0,0e0", "--set-grid temperature: 0.0 is there twice, first as 0; leave one out"),
        ("top_k=5,7,5.0", "--set-grid top_k: 5.0 is there twice, first as 5; leave one out"),
        (
            'metadata={"a":[1]},{"a":[1.0]}',
            '--set-grid metadata: {"a": [1.0]} is there twice, first as {"a": [1]}; leave one out',
        ),
    ],
)
def test_a_value_written_in_two_ways_is_there_twice(typed: str, message: str) -> None:
    with pytest.raises(GridProblem) as raised:
        laid_out(FORM, [axis("suite", "basic,strict"), setting_axis(typed)], {})
    assert str(raised.value) == message


def test_true_is_not_one() -> None:
    assert len(configs(FORM, setting_axis("flag=true,1"))) == 2


def test_an_axis_is_given_once() -> None:
    with pytest.raises(GridProblem, match="is given twice"):
        laid_out(FORM, [setting_axis("effort=low"), setting_axis("effort=high")], {})
