"""Requirements that share their calls: one observation, which every check is given, and headlines of the task's own."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from dropout_core import grade
from dropout_core.sandbox import Call, Observation, Prepared, Returned
from dropout_core.task import CheckResult, Requirement, SuiteChange, Task, TaskInvalid, failed, passed
from dropout_core.tasks.chosen import choose_task
from dropout_core.tasks.dropout import task as dropout
from dropout_core.values.task_names import BUILT_IN_TASKS
from dropout_core.verdict.check import Check
from dropout_core.verdict.verdict import Outcome

KEEP = "def dropout(x, p, training):\n    return np.array(x)\n"
LEVELS = {"explicit": "Implement it.", "plain": "", "terse": ""}


def nothing(_: np.random.Generator) -> tuple[()]:
    return ()


def observe(requirements: Sequence[Requirement], seed: int, code: str) -> Prepared[list[float]]:
    """One call for each requirement, and the sums of what came back."""
    rng = np.random.default_rng(seed)
    calls = [Call(rng.normal(size=3), 0.5, False) for _ in requirements]

    def sums(observation: Observation) -> list[float]:
        return [float(one.array.sum()) for one in observation.results if isinstance(one, Returned)]

    return calls, sums


def three_sums(sums: list[float]) -> CheckResult:
    return passed(f"{len(sums)} sums", len(sums))


def positive(sums: list[float]) -> CheckResult:
    return failed("They are not all above 9", min(sums), "above 9")


def headline(requirement: Requirement, check: Check) -> str:
    return f"{requirement.title}: {check.expected} was asked for"


def requirement(id_: str, check: Any = three_sums) -> Requirement:
    return Requirement(id_, f"Mind {id_}.", draw=nothing, check=check)


def task(*requirements: Requirement, **more: Any) -> Task:
    given = requirements or (requirement("runs"), requirement("sums"), requirement("large", positive))
    return Task("sums", "dropout", LEVELS, given, observe=observe, **more)


def test_every_check_is_given_what_the_task_observes() -> None:
    verdict = grade(KEEP, task=task(headline=headline), seed=3)
    assert [(check.id, check.status) for check in verdict.checks] == [
        ("runs", "passed"),
        ("sums", "passed"),
        ("large", "failed"),
    ]
    assert verdict.checks[1].message == "3 sums"
    assert (verdict.outcome, verdict.cause) == (Outcome.FAILED, "large")
    assert verdict.reason == "Large: above 9 was asked for"


def test_calls_are_shared_by_the_requirements_of_the_suite() -> None:
    of_two = task(suites={"basic": ("sums",), "all": ("sums", "large")})
    assert grade(KEEP, task=of_two, suite="basic", seed=3).checks[0].message == "2 sums"
    assert grade(KEEP, task=of_two, suite="all", seed=3).checks[0].message == "3 sums"


def test_equal_seeds_give_equal_verdicts() -> None:
    first, again, other = (grade(KEEP, task=task(), seed=seed).checks[2].measured for seed in (3, 3, 4))
    assert first == again != other


@pytest.mark.parametrize("where", ["observe", "sums", "check"])
def test_what_goes_wrong_in_the_task_is_not_held_against_the_answer(where: str) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("out of order")

    def observing(requirements: Sequence[Requirement], seed: int, code: str) -> Prepared[Any]:
        calls, sums = observe(requirements, seed, code)
        return calls, broken if where == "sums" else sums

    made = Task(
        "sums",
        "dropout",
        LEVELS,
        (requirement("runs"), requirement("sums", broken if where == "check" else three_sums)),
        observe=broken if where == "observe" else observing,
    )
    verdict = grade(KEEP, task=made, seed=3)
    assert verdict.outcome is Outcome.VOID
    assert "RuntimeError: out of order" in verdict.reason
    assert verdict.reason.startswith("task 'sums': requirement ")


def test_shared_calls_need_a_requirement_that_says_whether_they_run() -> None:
    with pytest.raises(TaskInvalid, match="where requirements share their calls, the first is 'runs'"):
        task(requirement("sums"))
    with pytest.raises(TaskInvalid, match="the requirement 'runs' comes by itself"):
        Task("sums", "dropout", "Implement it.", (requirement("runs"),))


def test_an_opening_may_be_left_to_the_requirements_at_a_level() -> None:
    made = task()
    assert made.prompt("explicit").startswith("Implement it.\n\n1. Mind runs.\n2. Mind sums.\n")
    assert made.prompt("plain").startswith("Mind runs. Mind sums. Mind large.\n\n")
    assert made.prompt("terse").startswith("Mind runs. Mind sums. Mind large. ")
    wrong: tuple[Any, ...] = ({"explicit": "x"}, {**LEVELS, "terse": 3}, {**LEVELS, "long": "x"})
    for opening in wrong:
        with pytest.raises(TaskInvalid, match="its opening is empty"):
            Task("sums", "dropout", opening, (requirement("sums"),))


def test_changes_are_told_of_the_suites_they_concern() -> None:
    changes = (
        SuiteChange("basic", 2, (), "limits are stricter"),
        SuiteChange("all", 3, ("large",), "9 is the least"),
    )
    made = task(suites={"basic": ("sums",), "all": ("sums", "large")}, version=3, changes=changes)
    assert made.changes_since("basic", 1) == changes[:1]
    assert made.changes_since("all", 1) == changes
    assert made.changes_since("all", 2) == changes[1:]
    assert made.changes_since("all", 3) == made.changes_since("basic+large", 1) == ()


def test_dropout_is_a_task_like_the_others() -> None:
    assert BUILT_IN_TASKS[0] == "dropout"
    assert isinstance(choose_task("dropout"), Task)
    assert choose_task(" dropout ").stored("basic") == {
        "task": "dropout",
        "task_file": None,
        "task_version": dropout.version,
        "task_digest": None,
        "function": "dropout",
        "suite": "basic",
        "check_titles": tuple((one.id, one.title) for one in dropout.suite("basic")),
    }
    again = pickle.loads(pickle.dumps(dropout))
    assert again.prompt("terse", "hard") == dropout.prompt("terse", "hard")
    assert grade(KEEP, task=again, seed=1).cause == grade(KEEP, seed=1).cause == "rate"
