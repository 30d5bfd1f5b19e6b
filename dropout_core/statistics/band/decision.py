"""Band decision: whether the pass rate lies inside, below or above the band, at any look.

Three statements are tested, each by the likelihood of the counts averaged over the rates that it speaks of, divided by
their likelihood at the nearest rate at which it would be false: *below* averages over [0, lo] and is tested against
lo, *above* over [hi, 1] against hi, *in* over [lo, hi] against lo and against hi. Where a statement is false, its ratio
is a nonnegative supermartingale that begins at 1, so that it ever reaches a threshold t with probability 1 / t at most
(Ville 1939; the method of mixtures: Robbins 1970, "Statistical methods related to the law of the iterated logarithm").

With a tolerance d a statement is false only where the rate lies more than d on its wrong side: *below* is tested
against lo + d, *above* against hi - d, *in* against lo - d and hi + d.
"""

from __future__ import annotations

import math
from functools import lru_cache

from dropout_core.statistics.incomplete_beta import log_beta, log_likelihood, log_mass_between
from dropout_core.statistics.pass_rate import DECISION_ERROR, Band, Decision

Interval = tuple[float, float]

_LEAST_LEFT = 1e-9
"""Least width of a band without its tolerances; anything less is a rounding error."""


def parse_tolerance(text: str) -> float:
    """Parse ``"5"`` (points; ``%`` is accepted) as a fraction.

    Raises:
        ValueError: with one line that says what a tolerance looks like.
    """
    try:
        points = float(text.strip().removesuffix("%"))
    except ValueError:
        points = math.nan
    if not 0.0 <= points < 50.0:
        raise ValueError(
            f"{text.strip()!r} is not a tolerance; write points of the pass rate, such as 5: from 0 to less than 50"
        )
    return points / 100


def tolerance_fits(tolerance: float, band: Band) -> None:
    """Check that a tolerance leaves some of the band.

    Raises:
        ValueError: it does not; the line says how much would.
    """
    left = band.hi - band.lo - 2 * tolerance
    if not (tolerance >= 0.0 and left > _LEAST_LEFT):
        most = (band.hi - band.lo) * 50
        raise ValueError(
            f"a tolerance of {tolerance * 100:g} points leaves nothing of the band {band}; give less than {most:g}"
        )


@lru_cache(maxsize=256)
def threshold(band: Band, tolerance: float = 0.0, error: float = DECISION_ERROR) -> float:
    """What a ratio must reach, so that any false statement is ever made with probability `error` at most.

    At no rate can more than two of the statements be false, and it is worst at an edge: one of the two then is ever
    made with probability 1 / t at most. The other is about the far edge. Its ratio to the power s is a supermartingale
    still, as long as at every rate q that it speaks of E[(likelihood of q / likelihood of the far edge)^s] <= 1; that
    expectation is convex in q and is 1 at the far edge, so it need only hold for q = 1 (or 0), which gives
    s = log(near edge) / log(far edge). Hence 1 / t + t^-s <= `error`, with the smaller s of the two edges. Inside the
    band the sum of both is convex in the rate, and outside it falls with the distance, so it is largest at the edges.
    (It is convex unless a band lies wholly below `error`, or above 1 - `error`, where each of the two is given half of
    it.)
    """
    low, high = band.lo + tolerance, band.hi - tolerance
    if min(high, 1.0 - low) < error:
        return 2.0 / error
    power = min(_power(low, high), _power(1.0 - high, 1.0 - low))
    least, most = 1.0 / error, 2.0 / error
    for _ in range(60):
        middle = (least + most) / 2
        if 1.0 / middle + middle**-power > error:
            least = middle
        else:
            most = middle
    return most


def _power(near: float, far: float) -> float:
    """How much less probable a statement about the far edge is than one about the near edge, as an exponent."""
    return math.inf if near <= 0.0 or far >= 1.0 else math.log(near) / math.log(far)


@lru_cache(maxsize=4096)
def decide(
    passed: int, graded: int, band: Band, tolerance: float = 0.0, error: float = DECISION_ERROR
) -> Decision:
    """Decision from the counts; wrong, at any look, with probability `error` at most.

    Within the tolerance of an edge two statements may both be shown, and both be true. The one that the estimate
    agrees with is made.
    """
    if graded == 0:
        return Decision.UNDECIDED
    rate = passed / graded
    needed = math.log(threshold(band, tolerance, error))
    for statement in _likeliest_first(rate, band):
        if all(
            _shows(passed, graded, over, against, needed)
            for over, against in tests_of(statement, band, tolerance)
        ):
            return statement
    return Decision.UNDECIDED


def _likeliest_first(rate: float, band: Band) -> tuple[Decision, ...]:
    if rate < band.lo:
        return (Decision.BELOW, Decision.IN)
    if rate > band.hi:
        return (Decision.ABOVE, Decision.IN)
    return (Decision.IN, Decision.BELOW, Decision.ABOVE)


def tests_of(statement: Decision, band: Band, tolerance: float) -> tuple[tuple[Interval, float | None], ...]:
    """Test for a statement: the rates that it averages over, and the one it is tested against.

    ``None`` cannot be shown, as nothing lies below a band that begins at 0. What no rate makes false is left out.
    """
    if statement is Decision.BELOW:
        return (((0.0, band.lo), band.lo + tolerance if band.lo > 0.0 else None),)
    if statement is Decision.ABOVE:
        return (((band.hi, 1.0), band.hi - tolerance if band.hi < 1.0 else None),)
    edges = (band.lo - tolerance, band.hi + tolerance)
    return tuple(((band.lo, band.hi), edge) for edge in edges if 0.0 < edge < 1.0)


def _shows(passed: int, graded: int, over: Interval, against: float | None, needed: float) -> bool:
    """Whether the mean likelihood on `over` is exp(`needed`) times that at `against`."""
    if against is None:
        return False
    low, high = over
    failed = graded - passed
    there = log_likelihood(passed, failed, against)
    best = min(max(passed / graded, low), high)
    if log_likelihood(passed, failed, best) - there < needed:
        return False  # the mean is less than the largest
    whole = log_beta(passed + 1, failed + 1) - math.log(high - low) - there
    if whole < needed:
        return False
    outside = _outside_at_most(passed + 1, graded + 1, over)
    if outside < 1.0 and whole + math.log1p(-outside) >= needed:
        return True
    # The mass itself, which takes longest, is only needed in close cases.
    return whole + log_mass_between(passed + 1, failed + 1, low, high) >= needed


def evidence(statement: Decision, passed: int, graded: int, band: Band, tolerance: float = 0.0) -> float:
    """How far the counts have come towards showing a statement: the logarithm of the least of its ratios, which must
    reach that of `threshold`. Infinite where nothing makes it false; minus infinite where nothing can show it.
    """
    failed = graded - passed
    least = math.inf
    for (low, high), against in tests_of(statement, band, tolerance):
        if against is None:
            return -math.inf
        mass = log_mass_between(passed + 1, failed + 1, low, high) if graded else math.log(high - low)
        mean = log_beta(passed + 1, failed + 1) + mass - math.log(high - low)
        least = min(least, mean - log_likelihood(passed, failed, against))
    return least


def _outside_at_most(successes: int, draws: int, over: Interval) -> float:
    """Upper bound of the mass that Beta(`successes`, `draws` - `successes` + 1) has outside an interval.

    There it is two binomial tails, each of them bounded as Chernoff's is.
    """
    low, high = over
    at_most = 0.0
    if low > 0.0:
        at_most += _tail_at_most(successes, draws, low)
    if high < 1.0:
        at_most += _tail_at_most(draws - successes + 1, draws, 1.0 - high)
    return at_most


def _tail_at_most(successes: int, draws: int, rate: float) -> float:
    """Upper bound of the probability of so many successes or more."""
    if successes <= draws * rate:
        return 1.0
    failed = draws - successes
    observed = log_likelihood(successes, failed, successes / draws)
    return math.exp(log_likelihood(successes, failed, rate) - observed)
