import pytest

from dropout_core.statistics.band.decision import decide
from dropout_core.statistics.band.outlook import HORIZON, Outlook, outlook
from dropout_core.statistics.pass_rate import Band, Decision


def _looked_at_after_every_trial(passed: int, graded: int, band: Band, tolerance: float) -> Outlook:
    """The same by another way: the probability of each count, trial by trial."""
    spread, decided, median = {passed: 1.0}, 0.0, None
    for further in range(HORIZON + 1):
        n = graded + further
        for count in list(spread):
            if decide(count, n, band, tolerance) is not Decision.UNDECIDED:
                decided += spread.pop(count)
        median = further if median is None and decided >= 0.5 else median
        if decided >= 0.8:
            return Outlook(median, further)
        after: dict[int, float] = {}
        for count, weight in spread.items():
            passes = (count + 1) / (n + 2)
            after[count + 1] = after.get(count + 1, 0.0) + weight * passes
            after[count] = after.get(count, 0.0) + weight * (1 - passes)
        spread = after
    return Outlook(median, None)


@pytest.mark.parametrize(
    ("passed", "graded", "tolerance"), [(2, 3, 0.0), (3, 10, 0.05), (0, 5, 0.05), (8, 30, 0.05)]
)
def test_the_outlook_is_that_of_a_look_after_every_trial_or_a_fiftieth_later(
    passed: int, graded: int, tolerance: float
) -> None:
    exact = _looked_at_after_every_trial(passed, graded, Band(), tolerance)
    found = outlook(passed, graded, Band(), tolerance)
    for ours, theirs in ((found.median, exact.median), (found.mostly, exact.mostly)):
        assert ours is not None
        assert theirs is not None
        assert theirs <= ours <= theirs * 1.05


def test_what_is_decided_needs_no_more() -> None:
    assert outlook(5, 5, Band()) == Outlook(0, 0)


@pytest.mark.parametrize(("passed", "graded"), [(400, 1_000), (100, 1_000), (4_000, 10_000)])
def test_near_an_edge_a_thousand_more_decide_nothing_but_a_tolerance_does(passed: int, graded: int) -> None:
    assert outlook(passed, graded, Band()) == Outlook(None, None)
    with_tolerance = outlook(passed, graded, Band(), 0.05)
    assert with_tolerance.mostly is not None


def test_before_any_trial_every_rate_is_thought_possible() -> None:
    found = outlook(0, 0, Band())
    assert found.median is not None
    assert found.mostly is None or found.mostly >= found.median
