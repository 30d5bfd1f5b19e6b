import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.statistics.difference import Direction, difference
from dropout_core.statistics.pass_rate import wilson_interval

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("first", "second", "interval"),
    [
        ((48, 80), (56, 70), (0.0524, 0.3339)),
        ((3, 10), (9, 10), (0.1705, 0.8090)),
        ((2, 7), (6, 7), (0.0582, 0.8062)),
        ((0, 29), (5, 56), (-0.0381, 0.1926)),
        ((0, 20), (0, 10), (-0.1611, 0.2775)),
        ((0, 10), (0, 10), (-0.2775, 0.2775)),
        ((0, 20), (10, 10), (0.6791, 1.0)),
        ((0, 10), (10, 10), (0.6075, 1.0)),
    ],
)
def test_the_interval_is_the_published_one(
    first: tuple[int, int], second: tuple[int, int], interval: tuple[float, float]
) -> None:
    """Table II of Newcombe 1998, method 10."""
    lo, hi = difference(first, second).interval
    assert (round(lo, 4), round(hi, 4)) == interval


@pytest.mark.parametrize(
    ("first", "second", "interval"),
    [
        ((48, 80), (56, 70), (0.05243147240236498, 0.33387265403690614)),
        ((3, 10), (9, 10), (0.1705227239345029, 0.809017973535488)),
        ((0, 29), (5, 56), (-0.038137147903536936, 0.19256001385511165)),
        ((0, 20), (10, 10), (0.6790860371419145, 1.0)),
    ],
)
def test_the_interval_is_that_of_statsmodels_to_nine_digits(
    first: tuple[int, int], second: tuple[int, int], interval: tuple[float, float]
) -> None:
    """What its `confint_proportions_2indep` gives, method "newcomb"."""
    assert difference(first, second).interval == pytest.approx(interval, abs=1e-9)


@given(counts, counts)
def test_the_interval_holds_the_estimate_and_stays_within_its_bounds(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    found = difference(first, second)
    lo, hi = found.interval
    assert found.estimate is not None
    assert -1.0 <= lo <= found.estimate + 1e-12
    assert found.estimate - 1e-12 <= hi <= 1.0
    assert hi > lo


@given(counts, counts)
def test_changing_sides_changes_the_sign(first: tuple[int, int], second: tuple[int, int]) -> None:
    there, back = difference(first, second), difference(second, first)
    assert there.interval == pytest.approx((-back.interval[1], -back.interval[0]))
    opposite = {Direction.HIGHER: Direction.LOWER, Direction.LOWER: Direction.HIGHER}
    assert there.direction is opposite.get(back.direction, Direction.UNDECIDED)


@given(counts, counts)
def test_rates_with_disjoint_intervals_differ(first: tuple[int, int], second: tuple[int, int]) -> None:
    if wilson_interval(*first)[1] < wilson_interval(*second)[0]:
        assert difference(first, second).direction is Direction.HIGHER


@given(counts)
def test_a_rate_does_not_differ_from_itself(count: tuple[int, int]) -> None:
    assert difference(count, count).direction is Direction.UNDECIDED


@pytest.mark.parametrize(("first", "second"), [((0, 0), (3, 10)), ((3, 10), (0, 0)), ((0, 0), (0, 0))])
def test_without_trials_the_difference_is_undecided(first: tuple[int, int], second: tuple[int, int]) -> None:
    found = difference(first, second)
    assert found.estimate is None
    assert found.interval == (-1.0, 1.0)
    assert found.direction is Direction.UNDECIDED


@pytest.mark.parametrize(
    ("rate_1", "rate_2", "n_1", "n_2"), [(0.1, 0.3, 10, 10), (0.25, 0.4, 30, 20), (0, 0.1, 20, 40)]
)
def test_its_coverage_of_the_true_difference_is_about_nominal(
    rate_1: float, rate_2: float, n_1: int, n_2: int
) -> None:
    """Exact, over all pairs of counts."""

    def weight(passed: int, graded: int, rate: float) -> float:
        return math.comb(graded, passed) * rate**passed * (1 - rate) ** (graded - passed)

    covered = 0.0
    for one in range(n_1 + 1):
        for two in range(n_2 + 1):
            lo, hi = difference((one, n_1), (two, n_2)).interval
            if lo <= rate_2 - rate_1 <= hi:
                covered += weight(one, n_1, rate_1) * weight(two, n_2, rate_2)
    assert 0.93 < covered < 0.999
