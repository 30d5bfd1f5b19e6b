"""How many requests may be in flight: the rule, whatever happens in whatever order."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from dropout_core.models.retry.aimd import ROUNDS_TO_RECOVER, Aimd

limits = st.integers(1, 300)


@st.composite
def paces(draw: st.DrawFn) -> Aimd:
    """A pace after anything that may have happened to it."""
    pace = Aimd.at_full(draw(limits))
    steps: list[Callable[[Aimd], Aimd]] = [
        lambda pace: pace.answered(),
        lambda pace: pace.turned_away(pace.cuts, draw(st.integers(1, max(1, pace.allowed)))),
        lambda pace: pace.turned_away(draw(st.integers(0, pace.cuts)), pace.allowed),
        lambda pace: pace.with_limit(draw(limits)),
    ]
    for _ in range(draw(st.integers(0, 30))):
        pace = draw(st.sampled_from(steps))(pace)
    return pace


@given(paces())
def test_it_stays_between_one_and_the_limit(pace: Aimd) -> None:
    assert 1 <= pace.allowed <= pace.level <= pace.limit


@given(paces())
def test_being_turned_away_halves_what_is_in_flight(pace: Aimd) -> None:
    assert pace.turned_away(pace.cuts, pace.allowed).allowed == max(1, pace.allowed // 2)


@given(paces(), st.integers(1, 50))
def test_requests_that_were_in_flight_together_count_once(pace: Aimd, together: int) -> None:
    once = pace.turned_away(pace.cuts, pace.allowed)
    again = once
    for _ in range(together):
        again = again.turned_away(pace.cuts, pace.allowed)
    assert again == once


@given(paces())
def test_it_recovers_by_itself_in_a_few_rounds_of_answers(pace: Aimd) -> None:
    # While the level grows within a round its steps shrink, never to less than half.
    for _ in range(2 * ROUNDS_TO_RECOVER):
        for _ in range(pace.allowed):
            before, pace = pace, pace.answered()
            assert before.level <= pace.level
    assert not pace.held_back


@given(paces(), limits)
def test_what_is_not_held_back_follows_the_limit(pace: Aimd, limit: int) -> None:
    after = pace.with_limit(limit)
    assert after.allowed == (min(pace.allowed, limit) if pace.held_back else limit)
    assert after.limit == limit
