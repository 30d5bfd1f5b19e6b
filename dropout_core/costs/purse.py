"""Whether a budget that several evaluations share lets another attempt begin.

By the same rule as an evaluation's own: what is in flight is reserved at its most, and where nothing is in flight
anywhere, an attempt whose typical cost still fits may begin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dropout_core.costs.budget import reserved
from dropout_core.costs.costs import Tokens, request_at_most, spent, typical_attempt
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import AttemptState


@dataclass(frozen=True, slots=True)
class Purse:
    """What several evaluations may cost together; ``None`` is no limit."""

    budget: float | None = None
    """In dollars."""
    max_total_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Spender:
    """One of those that share a purse."""

    state: EvaluationState
    in_flight: tuple[AttemptState, ...] = ()


def lets_begin(purse: Purse, spender: Spender, all_of_them: Sequence[Spender]) -> bool:
    """Whether `spender`, one of those that share the purse, may begin another attempt."""
    if purse.max_total_tokens is not None and not _fits(
        purse.max_total_tokens, spender, all_of_them, lambda _, tokens: tokens.total
    ):
        return False
    if purse.budget is None:
        return True
    return spender.state.price is not None and _fits(purse.budget, spender, all_of_them, _dollars)


def _dollars(state: EvaluationState, tokens: Tokens) -> float:
    return 0.0 if state.price is None else tokens.cost(state.price)


def _fits(
    limit: float,
    spender: Spender,
    all_of_them: Sequence[Spender],
    measure: Callable[[EvaluationState, Tokens], float],
) -> bool:
    used = sum(measure(each.state, spent(each.state)) for each in all_of_them)
    typical = typical_attempt(spender.state)
    usual = 0.0 if typical is None else measure(spender.state, typical)
    flying = [(each.state, attempt) for each in all_of_them for attempt in each.in_flight]
    if not flying:
        return used < limit and used + usual <= limit
    coming = sum(measure(state, reserved(state, attempt)) for state, attempt in flying)
    most = measure(spender.state, request_at_most(spender.state.config))
    return used + coming + max(most, usual) <= limit
