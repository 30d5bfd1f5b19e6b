"""Any column, either way round: a stable order in which what cannot be compared stands last."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from dropout_core.state.trial_state import Phase, Status
from dropout_core.verdict.verdict import Outcome
from dropout_tui.presenters.trials.trial_order import BY_RUN, Column, Order, key_of, ordered
from tests.tui.states import Ending, attempt_events, evaluation_state, failed, verdict, void

ENDINGS: tuple[Ending, ...] = (
    Outcome.PASSED,
    void(),
    failed("scaling"),
    failed("edge_cases"),
    failed("runs"),
    verdict(Outcome.FAILED, cause="no_code"),
    Phase.REPLYING,
    Status.PAUSED,
)
SOME = st.lists(st.sampled_from(ENDINGS), max_size=20)
ORDERS = st.builds(Order, st.sampled_from(Column), st.booleans())


@given(SOME, ORDERS)
def test_equal_rows_keep_their_order(endings: list[Ending], order: Order) -> None:
    trials = evaluation_state(runs=max(1, len(endings)), trials=endings).trials
    rows = ordered(trials, order)
    assert sorted(row.number for row in rows) == [trial.number for trial in trials]
    keys = [key_of(row, order.column) for row in rows]
    comparable = [key for key in keys if not key[0]]
    assert comparable == sorted(comparable, reverse=order.descending)
    assert keys[: len(comparable)] == comparable
    for one, other in itertools.pairwise(rows):
        if key_of(one, order.column) == key_of(other, order.column):
            assert one.number < other.number


@given(SOME, ORDERS)
def test_ordering_again_changes_nothing(endings: list[Ending], order: Order) -> None:
    rows = ordered(evaluation_state(runs=max(1, len(endings)), trials=endings).trials, order)
    assert ordered(rows, order) == rows


def test_rows_under_way_do_not_wander_while_their_time_and_tokens_grow() -> None:
    state = evaluation_state(runs=3, trials=[Outcome.PASSED, Phase.ASKING, Outcome.PASSED])
    later = evaluation_state(runs=3, trials=[Outcome.PASSED, Phase.GRADING, Outcome.PASSED])
    for column in (Column.TIME, Column.TOKENS, Column.STEP, Column.REASON, Column.STATUS):
        assert key_of(state.trial(2), column) == key_of(later.trial(2), column)


def test_times_and_tokens_are_compared_as_numbers() -> None:
    events = [attempt_events(1, Outcome.PASSED, seconds=9.0), attempt_events(2, Outcome.PASSED, seconds=10.0)]
    state = evaluation_state(runs=2)
    from dropout_core.state.evaluation_state import evolve

    for event in [event for of_one in events for event in of_one]:
        state = evolve(state, event)
    assert [row.number for row in ordered(state.trials, Order(Column.TIME))] == [1, 2]
    assert [row.number for row in ordered(state.trials, Order(Column.TIME, True))] == [2, 1]


def test_failures_are_ordered_by_the_first_check_that_failed() -> None:
    trials = evaluation_state(runs=3, trials=[failed("edge_cases"), Outcome.PASSED, failed("runs")]).trials
    assert [row.number for row in ordered(trials, Order(Column.REASON))] == [3, 1, 2]


def test_the_key_goes_through_the_columns_that_are_shown_and_round_again() -> None:
    shown = [Column.RUN, Column.STATUS, Column.REASON]
    order = BY_RUN
    seen = []
    for _ in range(4):
        order = order.next(shown)
        seen.append(order.column)
    assert seen == [Column.STATUS, Column.REASON, Column.RUN, Column.STATUS]
    assert Order(Column.TOKENS).next(shown).column is Column.RUN


@given(ORDERS)
def test_the_same_column_again_is_the_other_way_round(order: Order) -> None:
    again = order.toggled(order.column)
    assert (again.column, again.descending) == (order.column, not order.descending)
    assert again.toggled(order.column) == order
