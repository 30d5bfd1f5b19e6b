"""What can be decided for a budget, before the first request: of an evaluation, or of the cells of a sweep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dropout_core.costs.costs import Tokens, in_dollars, request_at_most, spent, total_of, typical_attempt
from dropout_core.costs.purse import Purse
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.statistics.band.boundaries import upto
from dropout_core.statistics.pass_rate import Decision
from dropout_core.values.config import EvaluationConfig

LOOKED_AT = 1_200
"""Trials within which a decision is looked for."""


def affordable_runs(
    purse: Purse, running: Sequence[EvaluationState], ended: Sequence[EvaluationState]
) -> int | None:
    """About how many runs of the cheapest cell what is left is for; ``None`` without a limit.

    Before the first attempt has ended, a run is one request with the longest reply.
    """
    found = []
    if purse.max_total_tokens is not None:
        found.append(_runs(purse.max_total_tokens, running, ended, total_of))
    if purse.budget is not None:
        found.append(_runs(purse.budget, running, ended, in_dollars))
    return min((runs for runs in found if runs is not None), default=None)


def _runs(
    limit: float,
    running: Sequence[EvaluationState],
    ended: Sequence[EvaluationState],
    measure: Callable[[EvaluationState, Tokens], float],
) -> int | None:
    left = limit - sum(measure(state, spent(state)) for state in (*running, *ended))
    each = [measure(state, typical_attempt(state) or request_at_most(state.config)) for state in running]
    cheapest = min((cost for cost in each if cost > 0), default=None)
    return None if cheapest is None else max(0, int(left / cheapest))


def fewest_runs(config: EvaluationConfig) -> tuple[int | None, int | None]:
    """The fewest runs after which anything can be said of a cell, and that it is in the band; `None` where it takes
    more than `LOOKED_AT`."""
    rows = upto(config.band, config.tolerance, 0, LOOKED_AT, config.decision_error)
    inside = next((n for n, row in enumerate(rows) if n and row.first_in <= row.last_in), None)
    outside = next((n for n, row in enumerate(rows) if n and (row.below >= 0 or row.above <= n)), None)
    return min((n for n in (inside, outside) if n is not None), default=None), inside


@dataclass(frozen=True, slots=True)
class TooLittle:
    """A budget that cannot lead to any decision."""

    runs: int
    """About how many runs it is for."""
    needed: int | None
    """The fewest runs more after which anything can be said; ``None`` where that is more than `LOOKED_AT` in all."""
    by_longest_reply: bool
    """Whether each run was taken to be one request with the longest reply, as none has been answered yet."""


def too_little_to_decide(state: EvaluationState) -> TooLittle | None:
    """Why the budget of an evaluation that goes on until it is decided cannot decide it; ``None`` where it may."""
    config = state.config
    if not config.until_decided or state.decision is not Decision.UNDECIDED:
        return None
    runs = affordable_runs(Purse(config.budget, config.max_total_tokens), [state], [])
    if runs is None:
        return None
    fewest, _ = fewest_runs(config)
    graded = state.tally.graded
    if runs + graded >= (LOOKED_AT + 1 if fewest is None else fewest):
        return None
    return TooLittle(runs, None if fewest is None else fewest - graded, not state.tally.timed)
