"""Which of several evaluations the next trial goes to, so that one of them is soon known to be in the band.

The *promise* of a cell is how much of the evidence that it still lacks one more trial is expected to bring. At a rate p
a trial adds on the average KL(p, edge) to the logarithm of a ratio that is tested against an edge: the divergence, as
Kullback and Leibler define it, of one trial at p from one at the edge. What p is, is as the counts leave it, under a
uniform prior. So

    promise = E[KL(p, nearest edge); p in the band] / (log threshold - log ratio so far)

It is small for a cell that is probably outside, for one close to an edge, and for one that has far to go. Where a cell
is known to be in already, the promise of another is the best one of its three statements.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from dropout_core.statistics.band.decision import evidence, tests_of, threshold
from dropout_core.statistics.incomplete_beta import log_beta
from dropout_core.statistics.pass_rate import DECISION_ERROR, Band, Decision

FIRST = 4
"""So many trials each cell gets before any is judged by what came of them."""
_POINTS = 64
"""At which the mean over the rates of a statement is taken."""
_LEAST_MISSING = 1e-9


@dataclass(frozen=True, slots=True)
class Standing:
    """A cell that may get the next trial."""

    passed: int
    graded: int
    in_flight: int
    band: Band
    tolerance: float = 0.0
    error: float = DECISION_ERROR

    @property
    def begun(self) -> int:
        """Trials that it has had, or has now."""
        return self.graded + self.in_flight


def next_cell(cells: Sequence[Standing], *, one_is_in: bool) -> int:
    """The place of the cell that gets the next trial. `one_is_in` says whether a cell is known to be in the band.

    Each gets a few first; then it is the one of the greatest promise, divided by the trials that it would have in
    flight. Of equals it is the one that has had fewer, and then the first.

    Raises:
        ValueError: there are no cells.
    """
    fewest = min(cell.begun for cell in cells)
    if fewest < FIRST:
        return next(place for place, cell in enumerate(cells) if cell.begun == fewest)
    goals = (Decision.IN, Decision.BELOW, Decision.ABOVE) if one_is_in else (Decision.IN,)

    def worth(place: int) -> tuple[float, int, int]:
        cell = cells[place]
        best = max(
            promise(goal, cell.passed, cell.graded, cell.band, cell.tolerance, cell.error) for goal in goals
        )
        return (best / (1 + cell.in_flight), -cell.begun, -place)

    return max(range(len(cells)), key=worth)


@lru_cache(maxsize=65_536)
def promise(
    statement: Decision,
    passed: int,
    graded: int,
    band: Band,
    tolerance: float = 0.0,
    error: float = DECISION_ERROR,
) -> float:
    """The share that the next trial is expected to bring of the evidence that a statement lacks."""
    shown = evidence(statement, passed, graded, band, tolerance)
    if shown == -math.inf:
        return 0.0
    missing = math.log(threshold(band, tolerance, error)) - shown
    return _coming(statement, passed, graded, band, tolerance) / max(missing, _LEAST_MISSING)


def _coming(statement: Decision, passed: int, graded: int, band: Band, tolerance: float) -> float:
    """What the next trial is expected to add to the evidence, where the statement is true."""
    tests = tests_of(statement, band, tolerance)
    if not tests:
        return 1.0  # nothing makes it false
    low, high = tests[0][0]
    edges = [against for _, against in tests if against is not None]
    failed = graded - passed
    scale = log_beta(passed + 1, failed + 1)
    width = (high - low) / _POINTS
    total = 0.0
    for point in range(_POINTS):
        rate = low + (point + 0.5) * width
        density = math.exp(passed * math.log(rate) + failed * math.log1p(-rate) - scale)
        total += density * min(_divergence(rate, edge) for edge in edges)
    return total * width


def _divergence(rate: float, other: float) -> float:
    """Of one trial at `rate` from one at `other`."""
    return rate * math.log(rate / other) + (1.0 - rate) * math.log((1.0 - rate) / (1.0 - other))
