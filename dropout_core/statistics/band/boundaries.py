"""Boundaries of the band decision: the counts at which each statement is made, for every number of trials.

The same statements as `band_decision.decide` makes. Where many numbers of trials are looked at in a row, each count
follows from the one before by a few multiplications: integration by parts leads from the mean likelihood of the counts
(k, n) to that of (k + 1, n + 1) and of (k, n + 1).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from dropout_core.statistics.band.decision import Interval, tests_of, threshold
from dropout_core.statistics.pass_rate import DECISION_ERROR, Band, Decision


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Statements by the number of passes after one number of trials; all other counts are undecided."""

    below: int
    """Most passes that show the rate to be below the band; -1 when none do."""
    first_in: int
    last_in: int
    """Between `first_in` and this they show it to be inside; none do when this is less than `first_in`."""
    above: int
    """Fewest passes that show it to be above; more than there are trials when none do."""


@lru_cache(maxsize=16)
def boundaries(
    band: Band, tolerance: float, trials: int, error: float = DECISION_ERROR
) -> tuple[Boundaries, ...]:
    """Boundaries after 0, 1 … `trials` trials."""
    needed = threshold(band, tolerance, error)
    ((below, below_edge),) = tests_of(Decision.BELOW, band, tolerance)
    ((above, above_edge),) = tests_of(Decision.ABOVE, band, tolerance)
    inside = tests_of(Decision.IN, band, tolerance)
    low_edges = [edge for over, edge in inside if edge is not None and edge <= over[0]]
    high_edges = [edge for over, edge in inside if edge is not None and edge >= over[1]]
    within = (band.lo, band.hi)
    rows = zip(
        range(trials + 1),
        _never() if below_edge is None else _most_passed(below, below_edge, needed),
        _most_failed(within, low_edges[0], needed) if low_edges else _always(),
        _most_passed(within, high_edges[0], needed) if high_edges else _always(),
        _never() if above_edge is None else _most_failed(above, above_edge, needed),
        strict=False,
    )
    return tuple(_apart(n, band, b, n - f_in, min(n, k_in), n - f) for n, b, f_in, k_in, f in rows)


def _apart(n: int, band: Band, below: int, first_in: int, last_in: int, above: int) -> Boundaries:
    """Where two statements are shown, the one that the estimate agrees with is made."""
    if n == 0:
        return Boundaries(-1, 1, 0, 1)
    if first_in <= last_in:
        below = min(below, max(first_in, _first_reaching(band.lo, n)) - 1)
        above = max(above, min(last_in + 1, _first_beyond(band.hi, n)))
    return Boundaries(below, max(first_in, below + 1, 0), min(last_in, above - 1), above)


def _first_reaching(rate: float, n: int) -> int:
    """Fewest passes of `n` trials whose share is at least `rate`."""
    guess = max(0, math.floor(rate * n) - 1)
    return next(passed for passed in range(guess, n + 2) if passed / n >= rate)


def _first_beyond(rate: float, n: int) -> int:
    """Fewest passes of `n` trials whose share is more than `rate`."""
    guess = max(0, math.floor(rate * n) - 1)
    return next(passed for passed in range(guess, 2 * n + 2) if passed / n > rate)


def _never() -> Iterator[int]:
    while True:
        yield -1


def _always() -> Iterator[int]:
    yield from range(1 << 62)


def _most_failed(over: Interval, against: float, needed: float) -> Iterator[int]:
    """Like `_most_passed`, with passing and failing swapped."""
    return _most_passed((1.0 - over[1], 1.0 - over[0]), 1.0 - against, needed)


def _most_passed(over: Interval, against: float, needed: float) -> Iterator[int]:
    """After 0, 1, 2 … trials, the most passes at which the mean likelihood on `over`, all of it at or below
    `against`, is `needed` times that at `against`; -1 when there are none.

    A pass makes that ratio smaller and a failure larger, so the number goes up by one at a time.
    """
    low, high = over
    ratio, passed, failed = 1.0, 0, 0
    shown = False
    # The likelihood at either end, divided by that at `against` and by the length of the interval.
    at_low = at_high = 1.0 / (high - low)
    while True:
        yield passed if shown else -1
        # Of q^(k+1) (1 - q)^(f+1), from one end to the other.
        ends = at_high * high * (1.0 - high) - at_low * low * (1.0 - low)
        more = passed + failed + 2
        after_pass = ((passed + 1) * ratio - ends) / more / against
        if shown and after_pass >= needed:
            ratio, passed = after_pass, passed + 1
            at_low, at_high = at_low * low / against, at_high * high / against
            continue
        ratio = ((failed + 1) * ratio + ends) / more / (1.0 - against)
        failed += 1
        at_low, at_high = at_low * (1.0 - low) / (1.0 - against), at_high * (1.0 - high) / (1.0 - against)
        shown = shown or ratio >= needed


def upto(
    band: Band, tolerance: float, first: int, last: int, error: float = DECISION_ERROR
) -> list[Boundaries]:
    """Boundaries after `first` … `last` trials. More are computed at once than asked for, and cached."""
    trials = 1_200
    while trials < last:
        trials *= 2
    return list(islice(boundaries(band, tolerance, trials, error), first, last + 1))
