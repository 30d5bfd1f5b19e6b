"""Whatever is drawn, the fault of a wrong answer shows in the calls of the check that must catch it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import pytest

from dropout_core.audit.corpus import answers_of
from dropout_core.sandbox import Fault, FaultKind
from dropout_core.sandbox.function_calls import FunctionResult, ReturnedValue
from dropout_core.task import Call, Made, MadeCall, Requirement, Task
from dropout_core.task.made import CallFailed
from dropout_core.tasks.chosen import choose_task
from dropout_core.verdict.check import CheckStatus
from dropout_core.verdict.known_answers import Kind

DRAWS = 3
MANY_DRAWS = 500
Function = Callable[..., Any]


@pytest.mark.parametrize("name", ["softmax", "layer_norm", "clean_records"])
def test_each_is_caught_by_its_check(name: str) -> None:
    task = choose_task(name)
    wrong = [(answer, defined(task, answer.code)) for answer in answers_of(task) if answer.kind is Kind.WRONG]
    missed = [
        (answer.name, requirement.id, seed)
        for requirement in task.requirements
        for seed in range(DRAWS)
        for answer, function in wrong
        if requirement.id in answer.caught_by and passes(requirement, drawn(requirement, seed), function)
    ]
    assert missed == []


def drawn(requirement: Requirement, seed: int) -> list[Call]:
    """The calls of one draw."""
    return list(requirement.draw(np.random.default_rng(seed)))


def defined(task: Task, code: str) -> Function:
    """The function of an answer, in this process."""
    names: dict[str, Any] = {"np": np}
    exec(code, names)
    return cast(Function, names[task.function])


def passes(requirement: Requirement, calls: Sequence[Call], function: Function) -> bool:
    """Whether the check lets pass what the function makes of the calls."""
    made = Made(tuple(MadeCall(call, _result(function, call), function.__name__) for call in calls))
    try:
        return requirement.check(made).status is CheckStatus.PASSED
    except CallFailed:
        return False


def _result(function: Function, call: Call) -> FunctionResult:
    args, kwargs = copy.deepcopy((list(call.args), dict(call.kwargs)))
    try:
        with np.errstate(all="ignore"):
            return ReturnedValue(function(*args, **kwargs), (args, kwargs))
    except Exception as error:
        return Fault(FaultKind.EXCEPTION, str(error))


def _requirement(task: str, id_: str) -> Requirement:
    (found,) = (one for one in choose_task(task).requirements if one.id == id_)
    return found


def test_clean_rows_are_in_no_order() -> None:
    rows = _requirement("clean_records", "rows")
    for seed in range(MANY_DRAWS):
        longest = drawn(rows, seed)[-1].args[0]
        for key in ("name", "email", "age"):
            values = [row[key] for row in longest]
            assert values != sorted(values), (seed, key)
            assert values != sorted(values, reverse=True), (seed, key)


def test_rows_of_equal_emails_have_nothing_else_in_common() -> None:
    duplicates = _requirement("clean_records", "duplicates")
    for seed in range(MANY_DRAWS):
        (call,) = drawn(duplicates, seed)
        rows = [row for row in call.args[0] if row["email"] is not None]
        for key in ("name", "age"):
            assert len({row[key] for row in rows}) == len(rows), (seed, key)


def test_all_that_an_answer_may_change_in_place_is_there_to_be_changed() -> None:
    untouched = _requirement("clean_records", "input_untouched")
    for seed in range(20):
        first = drawn(untouched, seed)[0].args[0]
        emails = [row["email"].strip().lower() for row in first]
        assert all(row["name"] is None or row["name"] != row["name"].strip() for row in first)
        assert all(row["email"] != email for row, email in zip(first, emails, strict=True))
        assert all(isinstance(row["age"], str) for row in first)
        assert any(row["name"] is None for row in first)
        assert len(set(emails)) < len(emails)
        assert any(set(row) - {"name", "email", "age"} for row in first)
