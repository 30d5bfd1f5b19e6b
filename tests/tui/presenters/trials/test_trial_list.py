"""The view that follows an evaluation shows what one made anew would show, and does no more than it must."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.state.evaluation_state import EvaluationState, evolve, replay
from dropout_core.state.events import Event
from dropout_core.state.trial_state import Phase, Status, TrialState
from dropout_core.verdict.verdict import Outcome
from dropout_tui.presenters.filter_query import read_query
from dropout_tui.presenters.trials.trial_filter import Failing, Filter, WithStatus
from dropout_tui.presenters.trials.trial_lines import Heading, Line
from dropout_tui.presenters.trials.trial_list import CALM_SECONDS, TrialList
from dropout_tui.presenters.trials.trial_order import Column, Order
from tests.tui.states import (
    BUSY,
    GOOD_CODE,
    T0,
    UNSCALED_CODE,
    Ending,
    attempt_events,
    evaluation_events,
    evaluation_state,
    failed,
)

ORDERS = st.builds(Order, st.sampled_from(Column), st.booleans())
FILTERS = st.sampled_from(
    [
        Filter(),
        Filter(read_query("failed")),
        Filter(read_query("scaling")),
        Filter(choice=Failing("scaling")),
        Filter(choice=WithStatus(Status.PASSED)),
        Filter(read_query("!queued"), WithStatus(Status.QUEUED)),
    ]
)


def view(order: Order = Order(), matching: Filter = Filter(), *, grouped: bool = False) -> TrialList:  # noqa: B008
    made = TrialList(stopwatch=lambda: 0.0)
    made.order, made.matching, made.grouped = order, matching, grouped
    return made


def settled(made: TrialList, state: EvaluationState, now: float) -> Sequence[Line]:
    lines = made.lines(state.trials, now, {})
    while made.settling:
        now += CALM_SECONDS
        lines = made.lines(state.trials, now, {})
    return lines


def numbers(lines: Sequence[Line]) -> list[int]:
    return [line.number for line in lines if isinstance(line, TrialState)]


@given(st.lists(st.sampled_from(BUSY), min_size=1, max_size=12), ORDERS, FILTERS, st.booleans())
def test_incremental_updates_equal_a_fresh_list(
    endings: list[Ending], order: Order, matching: Filter, grouped: bool
) -> None:
    first, *later = evaluation_events(runs=len(endings), trials=endings)
    state = replay([first])
    followed = view(order, matching, grouped=grouped)
    now = T0
    for event in later:
        state, now = evolve(state, event), now + 0.3
        lines = followed.lines(state.trials, now, {})
        assert {id(line) for line in lines if isinstance(line, TrialState)} <= {id(t) for t in state.trials}
    assert settled(followed, state, now + 10) == settled(view(order, matching, grouped=grouped), state, now)


def test_without_filter_order_and_groups_the_list_is_the_state() -> None:
    state = evaluation_state(runs=20, trials=BUSY)
    assert view().lines(state.trials, T0, {}) is state.trials


def test_rows_keep_their_places_for_a_while() -> None:
    state = evaluation_state(runs=4, trials=[Outcome.PASSED, failed(), Phase.GRADING, Phase.GRADING])
    shown = view(Order(Column.STATUS))
    assert numbers(shown.lines(state.trials, T0, {})) == [1, 2, 3, 4]
    state = _with(state, attempt_events(4, Outcome.PASSED))
    assert numbers(shown.lines(state.trials, T0 + 0.5, {})) == [1, 2, 3, 4]
    assert shown.lines(state.trials, T0 + 0.5, {})[3] is state.trial(4)
    assert shown.settling
    assert numbers(shown.lines(state.trials, T0 + CALM_SECONDS, {})) == [1, 4, 2, 3]
    assert not shown.settling


def test_a_change_by_the_user_takes_effect_at_once() -> None:
    state = evaluation_state(runs=3, trials=[Outcome.PASSED, failed(), Outcome.PASSED])
    shown = view(Order(Column.STATUS))
    shown.lines(state.trials, T0, {})
    shown.order = Order(Column.STATUS, descending=True)
    assert numbers(shown.lines(state.trials, T0 + 0.1, {})) == [2, 1, 3]
    shown.matching = Filter(read_query("passed"))
    assert numbers(shown.lines(state.trials, T0 + 0.2, {})) == [1, 3]
    assert shown.shown == 2


class Counting(Failing):
    """Writes down which trials are matched."""

    asked: list[int] = []

    def matches(self, trial: TrialState) -> bool:
        self.asked.append(trial.number)
        return super().matches(trial)


def test_only_changed_trials_are_matched_again() -> None:
    state = evaluation_state(runs=50, trials=[failed()] * 40)
    counting = Counting("scaling")
    counting.asked.clear()
    shown = view(matching=Filter(choice=counting))
    before = shown.lines(state.trials, T0, {})
    counting.asked.clear()
    assert shown.lines(state.trials, T0 + 5, {}) is before
    state = _with(state, attempt_events(47, failed()))
    shown.lines(state.trials, T0 + 10, {})
    assert counting.asked == [47]


def test_a_group_is_closed_and_opened() -> None:
    trials: list[Ending] = [failed("scaling"), Outcome.PASSED, failed("scaling"), failed("shape")]
    state = evaluation_state(runs=4, trials=trials)
    shown = view(grouped=True)
    lines = settled(shown, state, T0)
    assert [line.title for line in lines if isinstance(line, Heading) and not line.depth] == [
        "✗ Scaling",
        "✗ Shape",
        "✓ passed",
    ]
    assert numbers(lines) == [1, 3, 4, 2]
    first = lines[0]
    assert isinstance(first, Heading)
    assert first.trials == (1, 3)
    shown.toggle(first)
    assert numbers(shown.lines(state.trials, T0, {})) == [4, 2]
    assert shown.shown == 4
    shown.toggle(first)
    assert numbers(shown.lines(state.trials, T0, {})) == [1, 3, 4, 2]


def test_code_of_one_shape_stands_under_a_heading_that_quotes_it() -> None:
    state = evaluation_state(runs=3)
    for number, code in enumerate((UNSCALED_CODE, GOOD_CODE, UNSCALED_CODE.replace("mask", "keep")), 1):
        state = _with(state, attempt_events(number, failed("scaling"), code=code))
    headings = [line for line in settled(view(grouped=True), state, T0) if isinstance(line, Heading)]
    assert [(heading.depth, heading.trials) for heading in headings] == [
        (0, (1, 3, 2)),
        (1, (1, 3)),
        (1, (2,)),
    ]
    assert headings[1].remark == "return x * mask"


def test_shapes_are_found_a_little_at_a_time_and_the_groups_by_check_are_there_at_once() -> None:
    state = evaluation_state(runs=3, trials=[failed("scaling")] * 3)
    ticks = iter(range(1_000))
    shown = TrialList(stopwatch=lambda: float(next(ticks)))
    shown.grouped = True
    lines = shown.lines(state.trials, T0, {})
    assert numbers(lines) == [1, 2, 3]
    assert [line.depth for line in lines if isinstance(line, Heading)] == [0]
    assert shown.settling


@pytest.mark.parametrize("grouped", [False, True])
def test_without_trials_there_are_no_lines(grouped: bool) -> None:
    assert list(view(Order(Column.TIME), grouped=grouped).lines((), T0, {})) == []


def _with(state: EvaluationState, events: Sequence[Event]) -> EvaluationState:
    for event in events:
        state = evolve(state, event)
    return state


def test_no_line_is_shown_twice() -> None:
    state = evaluation_state(runs=20, trials=BUSY)
    shown = numbers(settled(view(grouped=True), state, T0))
    assert all(one != other for one, other in pairwise(sorted(shown)))
    assert len(shown) == 20
