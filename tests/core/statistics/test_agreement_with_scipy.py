"""What is computed here without SciPy is what SciPy computes, to nine digits."""

import math
from itertools import product
from typing import Any

import numpy as np
import pytest

from dropout_core.statistics.any_time_difference import any_time_difference
from dropout_core.statistics.band.decision import decide, threshold
from dropout_core.statistics.exact_interval import exact_interval
from dropout_core.statistics.incomplete_beta import beta_quantile, incomplete_beta, log_mass_between
from dropout_core.statistics.mixed_groups import mixed_group
from dropout_core.statistics.pass_rate import (
    Band,
    Decision,
    pass_at_k,
    pass_at_k_interval,
    probability_in_band,
    wilson_interval,
)
from dropout_core.statistics.variety import variety_of

COUNTS = [
    (0, 1),
    (1, 1),
    (3, 10),
    (0, 17),
    (17, 17),
    (1, 40),
    (25, 100),
    (399, 1_000),
    (7, 2_000),
    (30_000, 100_000),
]
CLOSE = 1e-9


@pytest.fixture(scope="session")
def scipy() -> Any:
    """Imported by whoever compares, and not by each process that only collects this file: it takes a second."""
    import scipy.integrate
    import scipy.special
    import scipy.stats

    return scipy


@pytest.mark.parametrize(("passed", "graded"), COUNTS)
def test_intervals_of_one_rate(scipy: Any, passed: int, graded: int) -> None:
    test = scipy.stats.binomtest(passed, graded)
    assert exact_interval(passed, graded) == pytest.approx(
        tuple(test.proportion_ci(0.95, "exact")), abs=CLOSE
    )
    assert wilson_interval(passed, graded) == pytest.approx(
        tuple(test.proportion_ci(0.95, "wilson")), abs=CLOSE
    )


def test_the_exact_interval_at_another_confidence_and_before_any_trial(scipy: Any) -> None:
    theirs = scipy.stats.binomtest(3, 10).proportion_ci(0.99, "exact")
    assert exact_interval(3, 10, 0.99) == pytest.approx(tuple(theirs), abs=CLOSE)
    assert exact_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("passed", "graded"), COUNTS)
def test_the_probability_in_the_band(scipy: Any, passed: int, graded: int) -> None:
    posterior = scipy.stats.beta(passed + 0.5, graded - passed + 0.5)
    theirs = posterior.cdf(0.4) - posterior.cdf(0.1)
    assert probability_in_band(passed, graded, Band()) == pytest.approx(theirs, abs=CLOSE)


@pytest.mark.parametrize("a", [0.5, 1.0, 3.5, 200.0, 30_000.5])
def test_the_incomplete_beta_function(scipy: Any, a: float) -> None:
    for b, x in product([0.5, 2.0, 40.5, 1_500.0], [1e-6, 0.1, 0.4, 0.9, 1 - 1e-6]):
        mass = float(scipy.special.betainc(a, b, x))
        assert incomplete_beta(a, b, x) == pytest.approx(mass, rel=CLOSE, abs=1e-14), (b, x)
        if 1e-6 < mass < 1 - 1e-6:
            assert beta_quantile(a, b, mass) == pytest.approx(x, abs=CLOSE), (b, x)


@pytest.mark.parametrize(("low", "high", "nearest"), [(0.4, 0.6, 0.4), (0.05, 0.1, 0.1)])
def test_the_mass_far_out_in_a_tail_keeps_its_digits(
    scipy: Any, low: float, high: float, nearest: float
) -> None:
    scale = scipy.stats.beta.logpdf(nearest, 2_501, 7_501)

    def density(x: float) -> float:
        return math.exp(scipy.stats.beta.logpdf(x, 2_501, 7_501) - scale)

    near = (low, low + 0.01) if nearest == low else (high - 0.01, high)
    value, _ = scipy.integrate.quad(density, *near, epsabs=0)
    assert log_mass_between(2_501.0, 7_501.0, low, high) == pytest.approx(scale + math.log(value), rel=CLOSE)


@pytest.mark.parametrize(
    ("passed", "graded"), [(2, 60), (25, 100), (70, 120), (83, 1_000), (95, 1_000), (430, 1_000)]
)
@pytest.mark.parametrize("tolerance", [0.0, 0.03])
def test_a_decision_is_that_of_the_integrals(scipy: Any, passed: int, graded: int, tolerance: float) -> None:
    band, rest = Band(), scipy.stats.beta(passed + 1, graded - passed + 1)

    def ratio(low: float, high: float, against: float) -> float:
        """The mean likelihood on an interval over that at a point: mass over density, as the constants are the same."""
        return float((rest.cdf(high) - rest.cdf(low)) / (high - low) / rest.pdf(against))

    needed = threshold(band, tolerance)
    shown = {
        Decision.BELOW: ratio(0, band.lo, band.lo + tolerance) >= needed,
        Decision.ABOVE: ratio(band.hi, 1, band.hi - tolerance) >= needed,
        Decision.IN: all(
            ratio(band.lo, band.hi, edge) >= needed for edge in (band.lo - tolerance, band.hi + tolerance)
        ),
    }
    found = decide(passed, graded, band, tolerance)
    assert [found] == ([what for what, is_shown in shown.items() if is_shown] or [Decision.UNDECIDED])


@pytest.mark.parametrize(("passed", "graded"), COUNTS)
@pytest.mark.parametrize("size", [2, 8, 16])
def test_the_chance_of_a_mixed_group(scipy: Any, passed: int, graded: int, size: int) -> None:
    group = scipy.stats.betabinom(size, passed + 0.5, graded - passed + 0.5)
    found = mixed_group(passed, graded, size)
    assert found.chance == pytest.approx(1 - group.pmf(0) - group.pmf(size), abs=CLOSE)
    low, high = found.interval
    assert 0.0 <= low <= found.chance <= high <= 1.0
    for rate in wilson_interval(passed, graded):
        alone = scipy.stats.binom(size, rate)
        assert low - CLOSE <= 1 - alone.pmf(0) - alone.pmf(size) <= high + CLOSE


@pytest.mark.parametrize(("passed", "graded"), [(3, 10), (0, 20), (20, 20), (19, 20), (25, 100)])
@pytest.mark.parametrize("k", [1, 5, 10])
def test_pass_at_k_with_its_interval(scipy: Any, passed: int, graded: int, k: int) -> None:
    none_passes = scipy.stats.hypergeom(graded, passed, k).pmf(0)
    estimate = pass_at_k(passed, graded, k)
    assert estimate == pytest.approx(1 - none_passes, abs=CLOSE)
    low, high = pass_at_k_interval(passed, graded, k)
    ends = [
        float(scipy.stats.binom.sf(0, k, rate))
        for rate in scipy.stats.binomtest(passed, graded).proportion_ci(0.95, "wilson")
    ]
    assert (low, high) == pytest.approx((min(ends[0], estimate), max(ends[1], estimate)), abs=CLOSE)


def test_the_variety_is_the_exponential_of_the_entropy(scipy: Any) -> None:
    counts = {"scaling": 12, "rate": 5, "no_code": 1}
    found = variety_of(counts)
    assert found is not None
    assert found.effective == pytest.approx(math.exp(scipy.stats.entropy(list(counts.values()))), abs=CLOSE)


def test_the_ends_of_an_any_time_difference_are_pairs_that_are_just_excluded(scipy: Any) -> None:
    first, second = (30, 100), (61, 90)
    low, high = any_time_difference(first, second).interval
    sides = [scipy.stats.beta(passed + 1, graded - passed + 1) for passed, graded in (first, second)]
    rates = np.arange(1, 20_000) / 20_000
    # Mixture over likelihood is one over the density of the posterior.
    for end in (low, high):
        inside = rates[(rates + end > 0) & (rates + end < 1)]
        best = float(np.max(sides[0].logpdf(inside) + sides[1].logpdf(inside + end)))
        assert -best == pytest.approx(math.log(20), abs=1e-5)
