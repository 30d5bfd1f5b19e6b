"""Failures that have one cause fall together, whatever the names and numbers in their code."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.analysis.failure_groups import Cause, Kind, cause_of, grouped
from dropout_core.state.trial_state import Phase, Status, TrialState
from dropout_core.static_analysis.code_shape import UNPARSED, code_shape
from dropout_core.tasks.dropout import task as dropout
from dropout_core.verdict.verdict import Outcome
from tests.tui.states import GOOD_CODE, UNSCALED_CODE, Ending, evaluation_state, failed, verdict, void

ANSWERS = sorted((Path(str(dropout.answers)) / "right").glob("*.txt"))
NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: not keyword.iskeyword(name)
)
ENDINGS: tuple[Ending, ...] = (
    Outcome.PASSED,
    void(),
    failed("scaling"),
    failed("scaling", "other_rates"),
    failed("edge_cases"),
    verdict(Outcome.FAILED, cause="no_code"),
    Phase.REPLYING,
    Status.PAUSED,
)


class Renamed(ast.NodeTransformer):
    """Gives every variable a new name, and every number and string a new value."""

    def __init__(self, name: Callable[[str], str], literal: int | str | None) -> None:
        self.name, self.literal = name, literal

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self.name(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self.name(node.arg), None)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant(self.literal)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return node


@given(st.sampled_from(ANSWERS), NAMES, st.one_of(st.integers(0, 99), st.text(max_size=5), st.none()))
def test_names_and_literals_make_no_difference(answer: Path, prefix: str, literal: int | str | None) -> None:
    code = answer.read_text(encoding="utf-8")
    other = ast.unparse(
        ast.fix_missing_locations(Renamed(lambda old: f"{prefix}_{old}", literal).visit(ast.parse(code)))
    )
    assert code_shape(other) == code_shape(code)


@given(
    st.sampled_from(ANSWERS), st.text(st.characters(codec="ascii", categories=["L", "N", "Zs"]), max_size=20)
)
def test_comments_docstrings_imports_and_layout_make_no_difference(answer: Path, words: str) -> None:
    code = answer.read_text(encoding="utf-8")
    dressed = f'"""{words}"""\nimport math\n\n\n# {words}\n{code}\n# {words}\n'
    assert code_shape(dressed) == code_shape(code)


@pytest.mark.parametrize(
    "other",
    [
        UNSCALED_CODE.replace("return x * mask", "return x + mask"),
        UNSCALED_CODE.replace("random.rand", "random.uniform"),
        UNSCALED_CODE.replace(" > p", " >= p"),
        UNSCALED_CODE.replace("return x * mask", "return x * mask / (1 - p)"),
        GOOD_CODE,
        "def dropout(",
    ],
)
def test_another_operator_attribute_or_step_is_another_shape(other: str) -> None:
    assert code_shape(other) != code_shape(UNSCALED_CODE)


@given(st.text(max_size=60))
def test_any_text_has_a_shape(text: str) -> None:
    assert code_shape(text)


@pytest.mark.parametrize(
    "code", ["def dropout(", "x = '\0'", "\ud800", "-" * 50_000 + "1", "(" * 500, "x" * 300_000]
)
def test_what_cannot_be_read_is_all_alike(code: str) -> None:
    assert code_shape(code) == UNPARSED


@given(st.lists(st.sampled_from(ENDINGS), max_size=30))
def test_every_trial_is_in_exactly_one_group_and_keeps_its_order(endings: list[Ending]) -> None:
    trials = evaluation_state(runs=max(1, len(endings)), trials=endings).trials
    groups = grouped(trials)
    numbers = [trial.number for group in groups for trial in group.trials]
    assert sorted(numbers) == [trial.number for trial in trials]
    assert len({group.cause for group in groups}) == len(groups)
    for group in groups:
        assert len(group) == len(group.trials)
        assert {cause_of(trial) for trial in group.trials} == {group.cause}
        for few in group.alike:
            assert len(few.trials) > 1
        for several in (*(few.trials for few in group.alike), group.others):
            assert list(several) == sorted(several, key=lambda trial: trial.number)


@given(st.lists(st.sampled_from(ENDINGS), max_size=30))
def test_failures_come_first_the_most_frequent_at_the_top(endings: list[Ending]) -> None:
    groups = grouped(evaluation_state(runs=max(1, len(endings)), trials=endings).trials)
    assert [group.cause.kind for group in groups] == sorted(group.cause.kind for group in groups)
    failures = [len(group) for group in groups if group.cause.kind is Kind.FAILED]
    assert failures == sorted(failures, reverse=True)


def test_failures_fall_together_by_shape_and_the_rest_is_left_single() -> None:
    trials = evaluation_state(runs=4, trials=[failed("scaling")] * 4).trials
    renamed = UNSCALED_CODE.replace("mask", "keep")
    codes = dict(zip((1, 2, 3, 4), (UNSCALED_CODE, GOOD_CODE, renamed, None), strict=True))
    [group] = grouped([_with_code(trial, codes[trial.number]) for trial in trials])
    assert group.cause == Cause(Kind.FAILED, "scaling")
    assert [[trial.number for trial in few.trials] for few in group.alike] == [[1, 3]]
    assert [trial.number for trial in group.others] == [2, 4]


def test_code_that_does_not_run_is_alike_by_what_it_raised() -> None:
    reasons = [
        "ValueError: operands could not be broadcast together with shapes (212,171) (171,212) (line 4)",
        "NameError: name 'torch' is not defined (line 2)",
        "ValueError: operands could not be broadcast together with shapes (9,8) (8,9) (line 7)",
        "NameError: name 'tf' is not defined (line 2)",
        "Killed by signal 11",
        "Killed by signal 9",
        "dropout returned None, not a NumPy array",
        "dropout returned None, not a NumPy array",
    ]
    trials = evaluation_state(
        runs=len(reasons), trials=[failed("runs", reason=reason) for reason in reasons]
    ).trials
    codes = (UNSCALED_CODE, GOOD_CODE) * 4
    [group] = grouped([_with_code(trial, code) for trial, code in zip(trials, codes, strict=True)])
    assert [[trial.number for trial in few.trials] for few in group.alike] == [[1, 3], [7, 8]]
    assert [few.shape for few in group.alike] == [
        "ValueError: operands could not be broadcast together with shapes (…,…) (…,…)",
        "dropout returned None, not a NumPy array",
    ]
    assert [trial.number for trial in group.others] == [2, 4, 5, 6]


def test_shapes_that_are_not_known_yet_are_left_single() -> None:
    trials = evaluation_state(runs=3, trials=[failed("scaling")] * 3).trials
    [group] = grouped(trials, lambda code: None)
    assert (group.alike, len(group.others)) == ((), 3)


def _with_code(trial: TrialState, code: str | None) -> TrialState:
    return replace(trial, attempts=tuple(replace(attempt, code=code) for attempt in trial.attempts))
