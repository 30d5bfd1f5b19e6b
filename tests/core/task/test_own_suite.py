"""Suites of one's own: a named suite with checks added or left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dropout_core import grade
from dropout_core.audit.audit import audit
from dropout_core.audit.corpus import answers_for, built_in_answers
from dropout_core.grading import Grader
from dropout_core.task import Call, Requirement, Task, TaskInvalid, matches
from dropout_core.task.requirement import UnknownSuite
from dropout_core.tasks.chosen import choose_task
from dropout_core.tasks.dropout import task as dropout
from dropout_core.verdict.known_answers import Kind
from tests.tui.program import dropout_tui

ALWAYS_FLOAT64 = next(one.code for one in built_in_answers() if one.name == "float64 always")


@pytest.mark.parametrize(
    ("base", "checks", "name"),
    [
        ("basic", "+dtype,-edge_cases", "basic+dtype-edge_cases"),
        ("basic", " -edge_cases , +dtype ", "basic+dtype-edge_cases"),
        ("basic+dtype", "-dtype", "basic"),
        ("basic+dtype", "-shape", "basic+dtype-shape"),
        ("basic", "+dtype,+input_untouched,+numpy_only,+expected_value,+any_layout", "strict"),
        ("strict", "-dtype", "strict-dtype"),
        ("basic", "+shape", "basic"),
    ],
)
def test_equal_suites_have_one_name(base: str, checks: str, name: str) -> None:
    assert dropout.own_suite(base, checks) == name
    assert dropout.own_suite("basic", "+shape") == "basic"
    ids = [one.id for one in dropout.suite(name)]
    assert ids == [id_ for id_ in ("runs", *dropout.suite_ids["hard"]) if id_ in ids]


@pytest.mark.parametrize(
    ("base", "checks", "words"),
    [
        ("basic", "dtype", "'dtype' changes no suite; write the checks as +dtype,-edge_cases"),
        ("basic", "+dtpye", "there is no check 'dtpye'; choose of: runs, shape, "),
        ("basic", "-runs", "runs is in every suite"),
        ("basic", "", "'' changes no suite"),
        ("easy", "+dtype", "unknown suite 'easy+dtype'"),
        ("basic", ",".join(f"-{id_}" for id_ in dropout.suite_ids["basic"]), "leaves no check but runs"),
    ],
)
def test_what_is_no_suite_is_refused_in_a_line(base: str, checks: str, words: str) -> None:
    with pytest.raises(UnknownSuite) as refused:
        dropout.own_suite(base, checks)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_checks_of_the_suite_are_made_and_no_others() -> None:
    without, added = (grade(ALWAYS_FLOAT64, suite, seed=7) for suite in ("strict-dtype", "basic+dtype"))
    assert "dtype" not in {check.id for check in without.checks}
    assert (without.cause, added.cause) == (None, "dtype")
    assert [check.id for check in added.checks] == ["runs", *dropout.suite_ids["basic"], "dtype"]
    assert (added.suite, added.suite_version) == ("basic+dtype", dropout.version)


def test_a_task_of_ones_own_has_such_suites_too() -> None:
    task = choose_task("softmax")
    ids = [one.id for one in task.suite(task.suite_names[0])]
    name = task.own_suite(task.suite_names[0], f"-{ids[-1]}")
    assert [one.id for one in task.suite(name)] == ids[:-1]
    with pytest.raises(UnknownSuite, match="of task softmax; choose one of: "):
        task.suite("basics+shape")


def abc(**suites: tuple[str, ...]) -> Task:
    clauses = (
        Requirement(id_, f"Do {id_}.", draw=lambda rng: [Call(1.0)], check=matches(abs)) for id_ in "abc"
    )
    return Task("t", "f", "Do f.", tuple(clauses), suites={"basic": ("a", "b"), **suites})


@pytest.mark.parametrize("name", ["basic-b", "basic-a-c", "basic-runs"])
def test_no_suite_has_the_name_of_another_with_checks_left_out(name: str) -> None:
    words = f"the suite '{name}' would also be 'basic' with checks left out; give it another name"
    with pytest.raises(TaskInvalid, match=words):
        abc(**{name: ("a", "b", "c")})


def test_a_suite_whose_name_only_begins_like_another_can_be_changed() -> None:
    task = abc(**{"basic-all": ("a", "b", "c"), "basics": ("b", "c")})
    assert task.own_suite("basic-all", "-b") == "basic-all-b"
    assert [one.id for one in task.suite("basic-all-b")] == ["runs", "a", "c"]
    assert task.own_suite("basics", "-b") == "basics-b"
    assert task.own_suite("basic-all-b", "-c") == "basic-all-b-c"


async def test_the_audit_takes_the_answers_whose_verdict_is_known() -> None:
    suite = "basic+dtype"
    chosen = answers_for(suite)
    names = {answer.name for answer in chosen}
    assert {"float64 always", "no scaling"} <= names
    assert not any(
        one.kind is Kind.WRONG and not one.caught_by & {"runs", *dropout.suite_ids["basic"], "dtype"}
        for one in chosen
    )
    few = tuple(
        one for one in built_in_answers() if one.name in ("hard: in pieces", "no scaling", "float64 always")
    )
    report = await audit(Grader, suite, [1], answers=few)
    assert (report.faults, report.unstated, len(report.rows)) == ((), (), 3)


def test_every_command_with_a_suite_takes_them(tmp_path: Path) -> None:
    store, answer = str(tmp_path / "store.sqlite3"), tmp_path / "answer.py"
    answer.write_text(ALWAYS_FLOAT64)
    graded = dropout_tui("grade", str(answer), "--checks", "+dtype,-edge_cases", "--json")
    verdict = json.loads(graded.stdout)
    assert (graded.returncode, verdict["suite"], verdict["cause"]) == (1, "basic+dtype-edge_cases", "dtype")
    asked = ("--model", "sample", "--runs", "2", "--seed", "1", "--store", store)
    run = dropout_tui("run", *asked, "--checks", "-edge_cases", "--json")
    assert json.loads(run.stdout.splitlines()[-1])["settings"]["suite"] == "basic-edge_cases"
    again = dropout_tui("regrade", "1", "--checks", "+dtype", "--store", store)
    assert "suite basic+dtype-edge_cases: 2 answers graded again" in again.stdout
    prompt = dropout_tui("prompt", DROPOUT_CHECKS="+dtype,-edge_cases").stdout
    assert ("float32" in prompt, "With `p` = 0" in prompt) == (True, False)
    wrong = dropout_tui("run", *asked, "--checks", "+dtpye")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "--checks: there is no check 'dtpye'" in wrong.stderr
