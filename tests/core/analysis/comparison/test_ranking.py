"""Evaluations ranked by their pass rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.analysis.comparison.ranking import Compared, Ranking, rank
from dropout_core.statistics.any_time_difference import any_time_difference, any_time_direction
from dropout_core.statistics.difference import Direction
from dropout_core.statistics.pass_rate import DECISION_ERROR, Band
from dropout_core.verdict.verdict import Outcome
from tests.tui.states import Ending, evaluation_state, failed

GOOD, SCALING, RATE = Outcome.PASSED, failed("scaling"), failed("rate")
counts = st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def ranked(*trials: Sequence[Ending]) -> Ranking:
    states = [evaluation_state(runs=len(each) or 1, trials=each) for each in trials]
    return rank([Compared(number, state) for number, state in enumerate(states, 1)])


def test_the_highest_rate_comes_first_then_most_runs_and_nothing_graded_last() -> None:
    ranking = ranked([], [GOOD, SCALING], [GOOD] * 3, [GOOD, SCALING] * 4)
    assert [row.number for row in ranking.rows] == [3, 4, 2, 1]
    assert ranking.pairs == 6
    assert ranking.band == Band(0.1, 0.4)


def test_who_is_higher_is_said_with_the_error_divided_among_all_pairs() -> None:
    low, high = [SCALING] * 12 + [GOOD], [GOOD] * 9 + [SCALING] * 3
    assert any_time_direction((1, 13), (9, 12)) is Direction.HIGHER
    assert [row.lower for row in ranked(low, high).rows] == [(1,), ()]
    # With six pairs the same counts do not tell the two apart any more.
    assert any_time_direction((1, 13), (9, 12), DECISION_ERROR / 6) is Direction.UNDECIDED
    assert all(not row.lower for row in ranked(low, high, [GOOD], [SCALING]).rows)


@given(counts, counts)
def test_the_direction_is_that_of_the_interval_of_the_difference(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    interval = any_time_difference(first, second).interval
    if min(map(abs, interval)) > 1e-9:
        assert any_time_direction(first, second) is any_time_difference(first, second).direction
    strict = any_time_direction(first, second, DECISION_ERROR / 435)
    assert strict in (any_time_direction(first, second), Direction.UNDECIDED)


def test_checks_have_a_share_for_each_evaluation_the_most_failed_first() -> None:
    ranking = ranked([GOOD, RATE, SCALING, SCALING], [GOOD] * 3 + [SCALING])
    assert [row.number for row in ranking.rows] == [2, 1]
    assert [check.id for check in ranking.checks] == ["scaling", "rate"]
    (scaling, rate) = ranking.checks
    assert scaling.shares[0][0] == 1
    assert [failed for failed, _ in rate.shares] == [0, 1]


@pytest.mark.parametrize(
    ("configs", "words"),
    [
        (
            [{}, {}, {"suite": "strict"}],
            "The suites differ, so passing does not mean the same in all of them.",
        ),
        ([{}, {"band": Band(0.2, 0.5)}, {}], "The bands differ; each rate is held against its own."),
        ([{}, {"refusals": "void"}, {}], "Refusals count as failed in some and are void in others."),
        ([{"model": "sample"}] * 3, "With one seed some were given the same sample answers"),
    ],
)
def test_what_makes_rates_hard_to_compare_is_said(configs: list[dict[str, Any]], words: str) -> None:
    states = [evaluation_state(runs=2, trials=[GOOD, SCALING], **config) for config in configs]
    cautions = rank([Compared(number, state) for number, state in enumerate(states, 1)]).cautions
    assert any(words in caution for caution in cautions), cautions
