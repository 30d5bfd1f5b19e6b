"""Exact distribution of the band decision for an evaluation that is looked at after every trial, for several true rates
at once, without simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dropout_core.statistics.band.boundaries import Boundaries, boundaries
from dropout_core.statistics.pass_rate import DECISION_ERROR, Band, Decision

Spread = NDArray[np.float64]
"""Probability of each count of passes, a row for each true rate."""


@dataclass(frozen=True, slots=True)
class FirstDecision:
    """First decision of an evaluation with one true rate, and when it comes."""

    rate: float
    stated: dict[Decision, float]
    """Probability of each statement, and of none within the trials there are."""
    decided_by: NDArray[np.float64]
    """Probability of a decision after 0, 1, 2 … trials."""

    def trials(self, share: float) -> int | None:
        """Number of trials after which this share of evaluations is decided; ``None`` beyond those there are."""
        enough = np.flatnonzero(self.decided_by >= share)
        return int(enough[0]) if enough.size else None


def false_statements(rate: float, band: Band, tolerance: float) -> frozenset[Decision]:
    """Statements that are false at a true rate. An edge belongs to the band."""
    wrong = {
        Decision.BELOW: rate > band.lo + tolerance if tolerance else rate >= band.lo,
        Decision.IN: rate < band.lo - tolerance or rate > band.hi + tolerance,
        Decision.ABOVE: rate < band.hi - tolerance if tolerance else rate <= band.hi,
    }
    return frozenset(statement for statement, is_false in wrong.items() if is_false)


def false_statement_probability(
    rates: Sequence[float], band: Band, tolerance: float, trials: int, error: float = DECISION_ERROR
) -> list[float]:
    """Probability, for each true rate, that any false statement is made at any of the first `trials` looks.

    A true statement ends nothing: the evaluation goes on, and may make a false one later.
    """
    found: dict[float, float] = {}
    wrong = {rate: false_statements(rate, band, tolerance) for rate in rates}
    for kind in set(wrong.values()):
        alike = [rate for rate in rates if wrong[rate] == kind]
        made = np.zeros(len(alike))
        spread = _nothing_yet(len(alike), trials)
        for n, row in enumerate(boundaries(band, tolerance, trials, error)):
            if n:
                _one_more_trial(spread, n, np.array(alike)[:, None])
            for statement in kind:
                made += _removed(spread, n, row, statement)
        found |= dict(zip(alike, made.tolist(), strict=True))
    return [found[rate] for rate in rates]


def first_decisions(rates: Sequence[float], band: Band, tolerance: float, trials: int) -> list[FirstDecision]:
    """First decision for each true rate, within `trials` trials."""
    spread = _nothing_yet(len(rates), trials)
    stated = {statement: np.zeros(len(rates)) for statement in Decision}
    decided_by = np.zeros((len(rates), trials + 1))
    for n, row in enumerate(boundaries(band, tolerance, trials)):
        if n:
            _one_more_trial(spread, n, np.array(rates)[:, None])
        for statement in (Decision.BELOW, Decision.IN, Decision.ABOVE):
            stated[statement] += _removed(spread, n, row, statement)
        decided_by[:, n] = sum(stated.values())
    stated[Decision.UNDECIDED] = spread.sum(axis=1)
    return [
        FirstDecision(rate, {what: float(of[place]) for what, of in stated.items()}, decided_by[place])
        for place, rate in enumerate(rates)
    ]


def _nothing_yet(rates: int, trials: int) -> Spread:
    spread = np.zeros((rates, trials + 1))
    spread[:, 0] = 1.0
    return spread


def _one_more_trial(spread: Spread, n: int, rates: NDArray[np.float64]) -> None:
    """Move every count on by trial number `n`."""
    passing = spread[:, :n] * rates
    spread[:, :n] -= passing
    spread[:, 1 : n + 1] += passing


def _removed(spread: Spread, n: int, row: Boundaries, statement: Decision) -> NDArray[np.float64]:
    """Remove the counts that lead to `statement` after `n` trials from `spread`; returns their probability, by rate."""
    counts = {
        Decision.BELOW: slice(0, row.below + 1),
        Decision.IN: slice(row.first_in, max(row.first_in, row.last_in + 1)),
        Decision.ABOVE: slice(row.above, max(row.above, n + 1)),
    }[statement]
    weight: NDArray[np.float64] = spread[:, counts].sum(axis=1)
    spread[:, counts] = 0.0
    return weight
