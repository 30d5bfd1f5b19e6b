"""Which cell of a sweep gets the next trial, and how sure its decisions are."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.statistics.band.decision import decide, evidence, threshold
from dropout_core.statistics.band.next_cell import FIRST, Standing, next_cell, promise
from dropout_core.statistics.band.process import false_statement_probability
from dropout_core.statistics.pass_rate import Band, Decision

USUAL = Band()
STATEMENTS = (Decision.IN, Decision.BELOW, Decision.ABOVE)
COUNTS = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def cell(passed: int, graded: int, in_flight: int = 0) -> Standing:
    return Standing(passed, graded, in_flight, USUAL, error=0.0125)


def test_each_cell_gets_a_few_trials_first_those_in_flight_included() -> None:
    cells = [cell(1, FIRST), cell(0, 1, FIRST - 2), cell(0, 0, FIRST - 2)]
    assert next_cell(cells, one_is_in=False) == 2
    assert next_cell(cells[:2], one_is_in=False) == 1


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (cell(10, 40), cell(30, 40)),  # which is probably above
        (cell(10, 40), cell(1, 40)),  # which is probably below
        (cell(10, 40), cell(15, 40)),  # which is close to an edge
        (cell(20, 80), cell(10, 40)),  # which has further to go
        (cell(10, 40), cell(10, 40, 3)),  # which has more on its way
    ],
)
def test_the_next_trial_goes_where_the_band_is_soonest_shown(better: Standing, worse: Standing) -> None:
    assert next_cell([worse, better], one_is_in=False) == 1
    assert next_cell([better, worse], one_is_in=False) == 0


def test_once_a_cell_is_in_the_others_get_trials_where_anything_is_soonest_shown() -> None:
    nearly_above, likely_inside = cell(14, 18), cell(5, 20)
    assert next_cell([nearly_above, likely_inside], one_is_in=False) == 1
    assert next_cell([nearly_above, likely_inside], one_is_in=True) == 0


def test_without_cells_there_is_no_next() -> None:
    with pytest.raises(ValueError, match="empty"):
        next_cell([], one_is_in=False)


@given(COUNTS, st.sampled_from([0.0, 0.02, 0.05]), st.sampled_from([0.05, 0.0125, 0.002]))
def test_the_evidence_reaches_the_threshold_when_the_decision_is_made(
    counts: tuple[int, int], tolerance: float, error: float
) -> None:
    passed, graded = counts
    needed = math.log(threshold(USUAL, tolerance, error))
    decision = decide(passed, graded, USUAL, tolerance, error)
    shown = {one: evidence(one, passed, graded, USUAL, tolerance) for one in STATEMENTS}
    if decision is Decision.UNDECIDED:
        assert max(shown.values()) < needed + 1e-6
    else:
        assert shown[decision] >= needed - 1e-6


@given(COUNTS, st.sampled_from(STATEMENTS))
def test_a_promise_is_never_negative(counts: tuple[int, int], statement: Decision) -> None:
    assert promise(statement, *counts, USUAL, 0.0, 0.0125) >= 0.0


def test_what_nothing_can_show_has_no_promise() -> None:
    assert promise(Decision.BELOW, 3, 10, Band(0.0, 0.4)) == 0.0
    assert promise(Decision.ABOVE, 3, 10, Band(0.1, 1.0)) == 0.0


@pytest.mark.parametrize("cells", [4, 24])
@pytest.mark.parametrize("tolerance", [0.0, 0.05])
def test_a_cell_says_something_false_with_its_share_of_the_error_at_most(
    cells: int, tolerance: float
) -> None:
    """Exactly, at the edges, where it is worst."""
    share = 0.05 / cells
    edges = [USUAL.lo - tolerance, USUAL.lo + tolerance, USUAL.hi - tolerance, USUAL.hi + tolerance]
    rates = [edge + off for edge in edges for off in (-1e-9, 0.0, 1e-9)]
    found = false_statement_probability(rates, USUAL, tolerance, 600, share)
    assert 0 < max(found) <= share
