"""Any number of evaluations, ranked by their pass rates, and how often each check fails in each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dropout_core.analysis.comparison.cautions import cautions
from dropout_core.analysis.comparison.comparison import Side, side_of
from dropout_core.analysis.failure_rates import Share, failure_shares
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.statistics.any_time_difference import any_time_direction
from dropout_core.statistics.difference import Direction
from dropout_core.statistics.pass_rate import DECISION_ERROR, Band, Decision
from dropout_core.values.annotation import UNANNOTATED, Annotation
from dropout_core.verdict.causes import cause_beside_task


@dataclass(frozen=True, slots=True)
class Compared:
    """One evaluation to be ranked."""

    number: int
    state: EvaluationState
    annotation: Annotation = UNANNOTATED


@dataclass(frozen=True, slots=True)
class Ranked:
    """One evaluation in its place."""

    side: Side
    annotation: Annotation
    decision: Decision
    lower: tuple[int, ...]
    """The numbers of those whose rate is known to be lower, in the order of the ranking."""

    @property
    def number(self) -> int:
        """The number of the evaluation."""
        return self.side.number


@dataclass(frozen=True, slots=True)
class CheckAcross:
    """Failures of one check, or of one cause without checks, in every evaluation."""

    id: str
    shares: tuple[Share, ...]
    """In the order of the ranking: failures, and the counted attempts that reached it; 0 of 0 where it was not made."""

    @property
    def beside_task(self) -> bool:
        """Whether this is a cause other than a check of the task; its shares are then of all graded trials."""
        return cause_beside_task(self.id) is not None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Evaluations side by side."""

    rows: tuple[Ranked, ...]
    """The highest rate first; of equal rates that of most trials; those in which nothing is graded last."""
    checks: tuple[CheckAcross, ...]
    """What failed most of all first; then causes other than checks, likewise."""
    band: Band | None
    """The band of all of them; ``None`` where they differ."""
    cautions: tuple[str, ...]
    """Reasons why the rates may not be comparable, a sentence each."""

    @property
    def pairs(self) -> int:
        """How many pairs there are: the error of 5 % is divided among all."""
        return len(self.rows) * (len(self.rows) - 1) // 2


def rank(compared: Sequence[Compared]) -> Ranking:
    """Rank two or more evaluations.

    That one rate is lower than another is said by the runs that have ended in order, and holds at any time, although
    all go on: anything false is ever said of any pair with a probability of 5 % at most.
    """
    placed = sorted(compared, key=_place)
    states = [one.state for one in placed]
    bands = {state.config.band for state in states}
    return Ranking(
        rows=tuple(
            Ranked(side_of(one.number, one.state), one.annotation, one.state.decision, _lower(one, placed))
            for one in placed
        ),
        checks=_checks(states),
        band=bands.pop() if len(bands) == 1 else None,
        cautions=cautions(states),
    )


def _place(one: Compared) -> tuple[bool, float, int, int]:
    tally = one.state.tally
    return (not tally.graded, -(one.state.pass_rate or 0.0), -tally.graded, one.number)


def _lower(one: Compared, others: Sequence[Compared]) -> tuple[int, ...]:
    error = DECISION_ERROR / (len(others) * (len(others) - 1) / 2)
    counts = one.state.in_order
    return tuple(
        other.number
        for other in others
        if any_time_direction(
            (other.state.in_order.passed, other.state.in_order.graded), (counts.passed, counts.graded), error
        )
        is Direction.HIGHER
    )


def _checks(states: Sequence[EvaluationState]) -> tuple[CheckAcross, ...]:
    checks = [CheckAcross(name, shares) for name, shares in failure_shares(states).items()]
    return tuple(sorted(checks, key=lambda check: (check.beside_task, -_failed(check))))


def _failed(check: CheckAcross) -> float:
    """The mean share that failed, where the check was made."""
    shares = [failed / reached for failed, reached in check.shares if reached]
    return sum(shares) / len(shares)
