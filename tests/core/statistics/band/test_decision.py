import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.statistics.band.boundaries import Boundaries, boundaries, upto
from dropout_core.statistics.band.decision import decide, parse_tolerance, threshold, tolerance_fits
from dropout_core.statistics.pass_rate import DECISION_ERROR, Band, Decision

BANDS = [
    (Band(), 0.0),
    (Band(), 0.05),
    (Band(0.0, 0.4), 0.02),
    (Band(0.02, 0.4), 0.05),
    (Band(0.1, 1.0), 0.0),
    (Band(0.0, 1.0), 0.0),
    (Band(0.38, 0.4), 0.0),
    (Band(0.01, 0.04), 0.0),
]
bands = st.tuples(st.integers(0, 98), st.integers(2, 100)).filter(lambda ends: ends[0] + 1 < ends[1])


def test_what_the_first_runs_say_of_the_usual_band() -> None:
    band = Band()
    assert decide(0, 0, band) is Decision.UNDECIDED
    assert decide(3, 10, band) is Decision.UNDECIDED
    assert decide(5, 5, band) is Decision.ABOVE
    assert decide(0, 60, band) is Decision.BELOW
    assert decide(25, 100, band) is Decision.IN


def test_a_tolerance_decides_sooner_and_decides_at_an_edge() -> None:
    band = Band()
    assert decide(7, 32, band) is Decision.UNDECIDED
    assert decide(7, 32, band, 0.05) is Decision.IN
    assert decide(1_600, 4_000, band) is Decision.UNDECIDED
    assert decide(1_600, 4_000, band, 0.05) is Decision.IN


def test_where_two_statements_are_true_the_one_that_the_estimate_agrees_with_is_made() -> None:
    band = Band()
    assert decide(3_990, 10_000, band, 0.05) is Decision.IN
    assert decide(4_010, 10_000, band, 0.05) is Decision.ABOVE
    assert decide(1_010, 10_000, band, 0.05) is Decision.IN
    assert decide(990, 10_000, band, 0.05) is Decision.BELOW


@pytest.mark.parametrize(("band", "tolerance"), BANDS, ids=str)
def test_a_threshold_keeps_the_error_for_ever_and_is_no_higher_than_it_must_be(
    band: Band, tolerance: float
) -> None:
    """The bound that the threshold comes from, worked out anew over all rates on either side of each edge."""
    needed = threshold(band, tolerance)
    assert 1 / DECISION_ERROR <= needed <= 2 / DECISION_ERROR
    worst = 0.0
    low, high = band.lo + tolerance, band.hi - tolerance
    for step in range(1, 1_000):
        rate = step / 1_000
        below = 1.0 if low <= 0 else math.log(1 - rate) / math.log(1 - low)
        above = 1.0 if high >= 1 else math.log(rate) / math.log(high)
        false = [
            needed**-power
            for power, is_false in ((below, 0 < low <= rate), (above, rate <= high < 1))
            if is_false
        ]
        outside = rate < band.lo - tolerance or rate > band.hi + tolerance
        worst = max(worst, sum(false) + outside / needed)
    assert worst <= DECISION_ERROR + 1e-9


@given(bands, st.integers(0, 60), st.integers(0, 60))
def test_swapping_passes_and_failures_mirrors_the_decision(
    ends: tuple[int, int], passed: int, failed: int
) -> None:
    mirrored = {Decision.BELOW: Decision.ABOVE, Decision.ABOVE: Decision.BELOW}
    said = decide(passed, passed + failed, Band(ends[0] / 100, ends[1] / 100))
    other = decide(failed, passed + failed, Band(1 - ends[1] / 100, 1 - ends[0] / 100))
    assert other is mirrored.get(said, said)


@pytest.mark.parametrize(("band", "tolerance"), BANDS, ids=str)
def test_the_boundaries_are_where_the_decision_changes(band: Band, tolerance: float) -> None:
    rows = boundaries(band, tolerance, 2_000)
    assert len(rows) == 2_001
    counts = [(n, passed) for n in range(90) for passed in range(n + 1)]
    for n, step in product((300, 777, 1_500, 2_000), (-1, 0, 1)):
        row = rows[n]
        edges = (row.below, row.first_in, row.last_in, row.above)
        counts += [(n, edge + step) for edge in edges if 0 <= edge + step <= n]
    for n, passed in counts:
        assert _said(rows[n], passed) is decide(passed, n, band, tolerance), (n, passed)


def _said(row: Boundaries, passed: int) -> Decision:
    if passed <= row.below:
        return Decision.BELOW
    if passed >= row.above:
        return Decision.ABOVE
    return Decision.IN if row.first_in <= passed <= row.last_in else Decision.UNDECIDED


def test_a_stretch_of_boundaries_is_a_piece_of_all() -> None:
    assert upto(Band(), 0.0, 990, 1_010) == list(boundaries(Band(), 0.0, 1_010)[990:])


@pytest.mark.parametrize(
    ("text", "fraction"), [("5", 0.05), (" 2.5 ", 0.025), ("0", 0.0), ("5%", 0.05), ("5 %", 0.05)]
)
def test_tolerances_as_people_write_them(text: str, fraction: float) -> None:
    assert parse_tolerance(text) == pytest.approx(fraction)


@pytest.mark.parametrize("text", ["", "five", "-1", "50", "nan", "inf", "1-2"])
def test_an_invalid_tolerance_is_reported_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="such as 5") as problem:
        parse_tolerance(text)
    assert "\n" not in str(problem.value)


def test_a_tolerance_leaves_some_of_the_band() -> None:
    tolerance_fits(0.14, Band())
    with pytest.raises(ValueError, match="nothing of the band 10-40; give less than 15"):
        tolerance_fits(0.15, Band())
