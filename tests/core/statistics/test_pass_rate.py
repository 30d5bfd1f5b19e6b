import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.statistics.pass_rate import (
    DECISION_ERROR,
    Band,
    confidence_sequence,
    pass_at_k,
    pass_at_shown,
    probability_in_band,
    rate_range_with_voids,
    wilson_interval,
)

counts = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_the_interval_of_three_in_ten_is_the_published_one() -> None:
    lo, hi = wilson_interval(3, 10)
    assert (round(lo, 4), round(hi, 4)) == (0.1078, 0.6032)


@given(counts)
def test_intervals_hold_the_estimate_and_stay_within_nought_and_one(count: tuple[int, int]) -> None:
    passed, graded = count
    for lo, hi in (wilson_interval(passed, graded), confidence_sequence(passed, graded)):
        assert 0.0 <= lo <= hi <= 1.0
        if graded:
            assert lo <= passed / graded <= hi


@given(counts)
def test_intervals_mirror_when_passing_and_failing_are_swapped(count: tuple[int, int]) -> None:
    passed, graded = count
    for interval in (wilson_interval, confidence_sequence):
        lo, hi = interval(passed, graded)
        mirrored_lo, mirrored_hi = interval(graded - passed, graded)
        assert math.isclose(lo, 1 - mirrored_hi, abs_tol=1e-9)
        assert math.isclose(hi, 1 - mirrored_lo, abs_tol=1e-9)


@given(counts)
def test_the_sequence_allows_for_peeking_and_so_is_never_narrower(count: tuple[int, int]) -> None:
    passed, graded = count
    wilson, sequence = wilson_interval(passed, graded), confidence_sequence(passed, graded)
    assert sequence[1] - sequence[0] >= wilson[1] - wilson[0] - 1e-9


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.4])
def test_the_sequence_excludes_the_true_rate_at_any_time_with_at_most_its_error(rate: float) -> None:
    """Exact, by following the distribution of the count over those paths that have not yet excluded the rate."""
    horizon = 150
    alive = {0: 1.0}
    excluded = 0.0
    for n in range(1, horizon + 1):
        after: dict[int, float] = {}
        for passed, weight in alive.items():
            after[passed + 1] = after.get(passed + 1, 0.0) + weight * rate
            after[passed] = after.get(passed, 0.0) + weight * (1 - rate)
        alive = {}
        for passed, weight in after.items():
            lo, hi = confidence_sequence(passed, n)
            if lo <= rate <= hi:
                alive[passed] = weight
            else:
                excluded += weight
    assert 0 < excluded < DECISION_ERROR


@pytest.mark.parametrize(
    ("passed", "graded", "expected"), [(3, 10, 0.70), (2, 10, 0.76), (8, 30, 0.93), (15, 60, 0.99)]
)
def test_the_probability_in_band_is_the_known_one(passed: int, graded: int, expected: float) -> None:
    assert probability_in_band(passed, graded, Band()) == pytest.approx(expected, abs=0.006)


@given(counts)
def test_the_probabilities_of_three_neighbouring_bands_add_up(count: tuple[int, int]) -> None:
    parts = (Band(0.0, 0.1), Band(0.1, 0.4), Band(0.4, 1.0))
    assert sum(probability_in_band(*count, band) for band in parts) == pytest.approx(1.0, abs=1e-9)


def test_pass_at_k_is_shown_for_k_up_to_half_of_the_trials() -> None:
    assert pass_at_shown(3, 9) == ()
    ((k, rate),) = pass_at_shown(3, 10)
    assert k == 5
    assert rate == pytest.approx(11 / 12)
    assert [k for k, _ in pass_at_shown(0, 200)] == [5, 10]


def test_pass_at_k() -> None:
    assert pass_at_k(3, 10, 1) == pytest.approx(0.3)
    assert pass_at_k(3, 10, 8) == 1.0
    assert pass_at_k(1, 4, 2) == pytest.approx(0.5)
    for k in (0, 11):
        with pytest.raises(ValueError, match="graded trials"):
            pass_at_k(3, 10, k)


def test_voids_leave_the_rate_open() -> None:
    assert rate_range_with_voids(3, 5, 2) == (0.3, 0.5)
    assert rate_range_with_voids(0, 0, 0) is None


@pytest.mark.parametrize("text", ["10-40", "10%-40%", "10 – 40", " 10-40 "])
def test_bands_as_people_write_them(text: str) -> None:
    assert Band.parse(text) == Band(0.1, 0.4)


@pytest.mark.parametrize("text", ["40-10", "", "10", "10-20-30", "a-b", "-5-40", "10-140", "nan-40", "10-10"])
def test_an_invalid_band_is_reported_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="10-40") as problem:
        Band.parse(text)
    assert "\n" not in str(problem.value)
