import math
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.statistics.any_time_difference import any_time_difference
from dropout_core.statistics.difference import Direction, difference
from dropout_core.statistics.incomplete_beta import log_beta

counts = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, counts)
def test_the_interval_holds_the_estimate_and_mirrors(first: tuple[int, int], second: tuple[int, int]) -> None:
    found, mirrored = any_time_difference(first, second), any_time_difference(second, first)
    assert found.estimate is not None
    assert -1.0 <= found.interval[0] <= found.estimate <= found.interval[1] <= 1.0
    assert found.interval[0] == pytest.approx(-mirrored.interval[1], abs=1e-12)
    once = difference(first, second).interval
    assert found.interval[1] - found.interval[0] > once[1] - once[0]


@pytest.mark.parametrize(
    ("first", "second"), [((3, 10), (6, 10)), ((0, 4), (4, 4)), ((7, 9), (1, 30)), ((0, 9), (0, 5))]
)
def test_the_interval_is_that_of_all_pairs_of_rates_that_are_not_excluded(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    """By trying every pair on a fine grid."""
    steps = 600
    log_mixture = [log_beta(passed + 1, graded - passed + 1) for passed, graded in (first, second)]
    ratios = [
        [mixture - _log_likelihood(*side, step / steps) for step in range(steps + 1)]
        for side, mixture in zip((first, second), log_mixture, strict=True)
    ]
    kept = [
        (b - a) / steps
        for a in range(steps + 1)
        for b in range(steps + 1)
        if ratios[0][a] + ratios[1][b] < math.log(20)
    ]
    found = any_time_difference(first, second).interval
    assert found[0] <= min(kept) + 1e-12
    assert max(kept) <= found[1] + 1e-12
    assert found == pytest.approx((min(kept), max(kept)), abs=4 / steps)


def _log_likelihood(passed: int, graded: int, rate: float) -> float:
    failed = graded - passed
    if (passed and not rate) or (failed and rate == 1):
        return -math.inf
    return (passed * math.log(rate) if passed else 0.0) + (failed * math.log1p(-rate) if failed else 0.0)


@cache
def interval(first: tuple[int, int], second: tuple[int, int]) -> tuple[float, float]:
    return any_time_difference(first, second).interval


@pytest.mark.timeout(600)  # seconds of arithmetic, and more on a busy machine
@pytest.mark.parametrize("trials", [25, pytest.param(60, marks=pytest.mark.long_run)])
def test_looking_after_every_trial_of_either_the_truth_is_hardly_ever_missed(trials: int) -> None:
    for rates in ((0.5, 0.5), (0.3, 0.3), (0.25, 0.6)):
        assert 0 < chance_of_missing(rates, trials) < 0.05, rates


def chance_of_missing(rates: tuple[float, float], trials: int) -> float:
    """Exact: the probability of all counts, over those ways on which the truth has not been excluded."""
    alive, missed = {(0, 0): 1.0}, 0.0
    truth = rates[1] - rates[0]
    for trial in range(trials):
        side = trial % 2
        graded = ((trial + 2) // 2, (trial + 1) // 2)
        after: dict[tuple[int, int], float] = {}
        for count, weight in alive.items():
            passed = (count[0] + (side == 0), count[1] + (side == 1))
            after[passed] = after.get(passed, 0.0) + weight * rates[side]
            after[count] = after.get(count, 0.0) + weight * (1 - rates[side])
        alive = {}
        for count, weight in after.items():
            low, high = interval((count[0], graded[0]), (count[1], graded[1]))
            if low <= truth <= high:
                alive[count] = weight
            else:
                missed += weight
    return missed


def test_a_clear_difference_is_stated_and_none_before_both_have_begun() -> None:
    assert any_time_difference((30, 100), (60, 100)).direction is Direction.HIGHER
    assert any_time_difference((3, 10), (6, 10)).direction is Direction.UNDECIDED
    nothing = any_time_difference((0, 0), (6, 10))
    assert (nothing.estimate, nothing.interval) == (None, (-1.0, 1.0))
