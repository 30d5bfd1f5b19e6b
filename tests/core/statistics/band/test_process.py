"""The exact figures of ``docs/statistics.md``, against other ways to them."""

from itertools import product

import numpy as np
import pytest

from dropout_core.statistics.band.decision import decide
from dropout_core.statistics.band.process import (
    FirstDecision,
    false_statement_probability,
    false_statements,
    first_decisions,
)
from dropout_core.statistics.pass_rate import DECISION_ERROR, Band, Decision


@pytest.mark.parametrize(
    ("band", "tolerance"), [(Band(), 0.0), (Band(0.4, 0.6), 0.05), (Band(0.5, 1.0), 0.0)], ids=str
)
def test_the_probabilities_are_those_of_all_ways_that_twelve_trials_can_go(
    band: Band, tolerance: float
) -> None:
    rates, trials = (0.02, 0.3, 0.55, 0.97), 12
    wrong = dict.fromkeys(rates, 0.0)
    decided = {(rate, statement): 0.0 for rate in rates for statement in Decision}
    for way in product((0, 1), repeat=trials):
        said = [decide(sum(way[:n]), n, band, tolerance) for n in range(1, trials + 1)]
        first = next((one for one in said if one is not Decision.UNDECIDED), Decision.UNDECIDED)
        for rate in rates:
            weight = rate ** sum(way) * (1 - rate) ** (trials - sum(way))
            wrong[rate] += weight * bool(false_statements(rate, band, tolerance) & set(said))
            decided[rate, first] += weight
    found = false_statement_probability(rates, band, tolerance, trials)
    assert found == pytest.approx(list(wrong.values()), abs=1e-12)
    assert max(decided[rate, statement] for rate in rates for statement in list(Decision)[:3]) > 0.3
    for one in first_decisions(rates, band, tolerance, trials):
        assert one.stated == pytest.approx({what: decided[one.rate, what] for what in Decision}, abs=1e-12)


def test_an_edge_belongs_to_the_band_and_a_tolerance_spares_what_is_near_it() -> None:
    band = Band()
    assert false_statements(0.1, band, 0.0) == {Decision.BELOW, Decision.ABOVE}
    assert false_statements(float(np.nextafter(0.1, 0)), band, 0.0) == {Decision.IN, Decision.ABOVE}
    assert false_statements(0.12, band, 0.05) == {Decision.ABOVE}
    assert false_statements(0.04, band, 0.05) == {Decision.IN, Decision.ABOVE}
    assert false_statements(0.25, band, 0.05) == {Decision.BELOW, Decision.ABOVE}


@pytest.mark.parametrize("tolerance", [0.0, 0.05])
@pytest.mark.parametrize("band", [Band(), Band(0.38, 0.5), Band(0.0, 0.3)], ids=str)
def test_no_rate_is_misjudged_more_often_than_promised_within_300_looks(band: Band, tolerance: float) -> None:
    edges = {edge + side * tolerance for edge in (band.lo, band.hi) for side in (-1, 0, 1)}
    near = {float(np.nextafter(edge, to)) for edge in edges for to in (0.0, 1.0)}
    rates = sorted(rate for rate in near | edges | set(np.linspace(0, 1, 41).tolist()) if 0 <= rate <= 1)
    worst = max(false_statement_probability(rates, band, tolerance, 300))
    assert DECISION_ERROR / 4 < worst <= DECISION_ERROR


@pytest.mark.parametrize(
    ("rate", "tolerance", "median", "mostly"),
    [
        (0.05, 0.0, 168, 324),
        (0.25, 0.0, 82, 120),
        (0.6, 0.0, 36, 73),
        (0.1, 0.05, 97, 176),
        (0.4, 0.05, 353, None),
    ],
)
def test_the_trials_that_a_decision_takes(
    rate: float, tolerance: float, median: int, mostly: int | None
) -> None:
    (found,) = first_decisions([rate], Band(), tolerance, 400)
    assert (found.trials(0.5), found.trials(0.8)) == (median, mostly)


def test_what_is_not_decided_within_the_trials_there_are_has_no_number() -> None:
    (found,) = first_decisions([0.4], Band(), 0.0, 50)
    assert isinstance(found, FirstDecision)
    assert found.trials(0.5) is None
    assert found.stated[Decision.UNDECIDED] > 0.9
    assert sum(found.stated.values()) == pytest.approx(1.0, abs=1e-12)
