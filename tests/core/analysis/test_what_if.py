"""The rate that the same answers would have by other checks, from what is known of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.analysis.what_if import (
    NO_CHANGE,
    Answer,
    Known,
    WhatIf,
    known_of,
    next_suite,
    passes,
    plan_of,
    ranked,
    what_if,
)
from dropout_core.reports.what_if_object import what_if_object
from dropout_core.statistics.pass_rate import Band, Decision, wilson_interval
from dropout_core.task.prompt import load_prompt
from dropout_core.tasks.dropout import task as dropout
from dropout_core.values.config import EvaluationConfig
from dropout_core.verdict.check import CheckStatus

SUITE_IDS = {name: tuple(one.id for one in dropout.suite(name)) for name in dropout.suite_names}

TASK = dropout
ALL = SUITE_IDS["hard"]


def config_of(suite: str = "basic") -> EvaluationConfig:
    return EvaluationConfig(
        "m", load_prompt("explicit", suite=suite, mode="answer", task=dropout).text, 1, suite=suite
    )


@dataclass(frozen=True)
class AnAnswer:
    """What an answer does, whichever checks are made."""

    wrong: frozenset[str]
    """The checks that fail it where no other speaks of the same fault first."""
    hidden_by: Mapping[str, str]
    """Which check speaks of it first."""
    breaks: frozenset[str]
    """The checks whose calls break all calls."""

    def graded(self, suite: str) -> Known:
        checks = [one.id for one in TASK.suite(suite)]
        if self.breaks & set(checks):
            ended = [(id_, CheckStatus.NOT_REACHED) for id_ in checks if id_ != "runs"]
            return known_of(checks, [("runs", CheckStatus.FAILED), *ended], passes=False)
        said = [(id_, self._status(id_, checks)) for id_ in checks]
        return known_of(checks, said, passes=all(status is CheckStatus.PASSED for _, status in said))

    def _status(self, id_: str, checks: Collection[str]) -> CheckStatus:
        if id_ not in self.wrong:
            return CheckStatus.PASSED
        hidden = self.hidden_by.get(id_)
        return CheckStatus.NOT_REACHED if hidden in self.wrong and hidden in checks else CheckStatus.FAILED


ids = st.sampled_from(ALL[1:])
answers = st.builds(
    AnAnswer,
    wrong=st.frozensets(ids, max_size=4),
    hidden_by=st.just({ALL[place]: ALL[place - 1] for place in range(2, len(ALL))}),
    breaks=st.one_of(st.just(frozenset()), st.frozensets(ids, max_size=2)),
)


@given(answer=answers, suite=st.sampled_from(["basic", "strict", "hard", "basic+dtype-rate"]))
def test_what_is_said_is_what_each_suite_says_itself(answer: AnAnswer, suite: str) -> None:
    plan = plan_of(config_of(suite), TASK)
    known, tried = [answer.graded(suite)], set[str]()
    while (chosen := next_suite(plan, known, tried)) is not None:
        assert chosen not in tried
        tried.add(chosen)
        known.append(answer.graded(chosen))
    for change in plan.changes:
        assert passes(known, change.checks) is answer.graded(change.suite).passes, change.name


def test_an_answer_that_comes_to_nothing_by_every_check_is_graded_three_times_at_most() -> None:
    nothing = AnAnswer(frozenset(), {}, frozenset(ALL))
    plan = plan_of(config_of(), TASK)
    known, tried = [nothing.graded("basic")], set[str]()
    while (chosen := next_suite(plan, known, tried)) is not None:
        tried.add(chosen)
        known.append(nothing.graded(chosen))
    assert len(tried) <= 3
    assert not any(passes(known, change.checks) for change in plan.changes)


def test_what_cannot_be_graded_is_tried_once() -> None:
    plan = plan_of(config_of(), TASK)
    tried = set[str]()
    while (chosen := next_suite(plan, (), tried)) is not None:
        assert chosen not in tried
        tried.add(chosen)
    assert {change.suite for change in plan.changes} <= tried


def test_the_changes_are_each_check_less_each_check_more_and_each_other_suite() -> None:
    plan = plan_of(config_of("strict"), TASK)
    basic, strict, hard = (SUITE_IDS[name] for name in ("basic", "strict", "hard"))
    less = [f"-{id_}" for id_ in strict if id_ != "runs"]
    more = [f"+{id_}" for id_ in hard if id_ not in strict]
    names = [change.name for change in plan.changes]
    assert names == [NO_CHANGE, *less, *more, "suite basic", "suite hard"]
    by_name = {change.name: change for change in plan.changes}
    assert by_name["-rate"].checks == set(strict) - {"rate"}
    assert (by_name["+memory"].asked, by_name["+memory"].unasked) == (False, ("memory",))
    assert (by_name["suite basic"].asked, by_name["suite basic"].checks) == (True, frozenset(basic))


def test_a_task_of_one_check_leaves_none_out() -> None:
    plan = plan_of(config_of("basic-shape-rate-randomness-scaling-eval_mode-other_rates"), TASK)
    names = [change.name for change in plan.changes]
    assert "-edge_cases" not in names
    assert plan.alone is None


def rows_of(*passed: tuple[str, bool], band: Band | None = None) -> dict[str, WhatIf]:
    """Of answers that each fail one check, or none where they pass."""
    config = replace(config_of(), band=band or Band(0.1, 0.4))
    plan = plan_of(config, TASK)
    given, known = [], {}
    for trial, (check, is_right) in enumerate(passed, 1):
        answer = AnAnswer(frozenset() if is_right else frozenset({check}), {}, frozenset())
        given.append(Answer(trial, 1, 7, "code", True, answer.graded("basic")))
        known[trial] = [answer.graded("hard")]
    return {row.change.name: row for row in ranked(what_if(config, plan.changes, given, known))}


def test_the_rate_its_interval_and_the_decision_follow_from_the_counts() -> None:
    rows = rows_of(*[("scaling", False)] * 30, *[("rate", False)] * 30, *[("", True)] * 20)
    assert (rows[NO_CHANGE].passed, rows[NO_CHANGE].graded) == (20, 80)
    assert rows[NO_CHANGE].decision is Decision.IN
    less = rows["-scaling"]
    assert (less.passed, less.rate, less.decision) == (50, 50 / 80, Decision.ABOVE)
    assert less.interval == wilson_interval(50, 80)
    assert what_if_object(less) == {
        "type": "what_if",
        "change": "-scaling",
        "suite": "basic-scaling",
        "passed": 50,
        "graded": 80,
        "not_known": 0,
        "pass_rate": 50 / 80,
        "interval": list(wilson_interval(50, 80)),
        "decision": "above",
        "asked": True,
        "unasked": [],
    }


def test_the_check_that_alone_keeps_most_from_passing_comes_first() -> None:
    rows = rows_of(*[("rate", False)] * 3, *[("edge_cases", False)] * 5, ("", True))
    assert list(rows)[:3] == [NO_CHANGE, "-edge_cases", "-rate"]
    assert [row.passed for row in list(rows.values())[:3]] == [1, 6, 4]


def test_an_answer_without_code_fails_by_every_suite_and_one_that_is_not_known_is_left_out() -> None:
    plan = plan_of(config_of(), TASK)
    given = [Answer(1, 1, 7, None, True, None), Answer(2, 1, 7, "code", True, None)]
    for row in what_if(config_of(), plan.changes, given, {}):
        assert (row.passed, row.graded, row.open) == (0, 1, 1)


@pytest.mark.parametrize(("decides", "decision"), [(True, Decision.ABOVE), (False, Decision.UNDECIDED)])
def test_runs_behind_one_that_is_under_way_decide_nothing(decides: bool, decision: Decision) -> None:
    plan = plan_of(config_of(), TASK)
    right = AnAnswer(frozenset(), {}, frozenset())
    given = [Answer(n, 1, 7, "code", decides, right.graded("basic")) for n in range(1, 41)]
    row = what_if(config_of(), plan.changes, given, {})[0]
    assert (row.passed, row.graded, row.decision) == (40, 40, decision)
    (held,) = what_if(config_of(), plan.changes[:1], given, {}, may_decide=False)
    assert held.decision is Decision.UNDECIDED


def test_where_several_checks_are_unsaid_one_change_leaves_only_what_was_asked() -> None:
    text = "Write `dropout(x, p, training)`. Keep the shape. Zero with probability p, scale the rest."
    config = replace(config_of(), prompt="mine.txt", prompt_text=text)
    by_name = {change.name: change for change in plan_of(config, TASK).changes}
    only = by_name["-randomness,-eval_mode,-other_rates,-edge_cases"]
    assert (only.asked, only.checks) == (True, frozenset({"runs", "shape", "rate", "scaling"}))
    assert by_name[NO_CHANGE].asked is False
