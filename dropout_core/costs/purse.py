"""Whether a budget that several evaluations share lets another attempt begin.

By the same rule as an evaluation's own: what is in flight is reserved at its most, and where nothing is in flight
anywhere, an attempt whose typical cost still fits may begin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dropout_core.costs.budget import Spender, fits
from dropout_core.costs.costs import in_dollars, request_at_most, total_of
from dropout_core.state.evaluation_state import EvaluationState


@dataclass(frozen=True, slots=True)
class Purse:
    """What several evaluations may cost together; ``None`` is no limit."""

    budget: float | None = None
    """In dollars."""
    max_total_tokens: int | None = None


def lets_begin(purse: Purse, spender: Spender, all_of_them: Sequence[Spender]) -> bool:
    """Whether `spender`, one of those that share the purse, may begin another attempt."""
    if purse.max_total_tokens is not None and not fits(
        purse.max_total_tokens, spender, all_of_them, total_of
    ):
        return False
    if purse.budget is None:
        return True
    if spender.state.price is None:
        return False
    return costs_nothing(spender.state) or fits(purse.budget, spender, all_of_them, in_dollars)


def costs_nothing(state: EvaluationState) -> bool:
    """Whether its attempts are known to be free, so that no budget in dollars holds them back."""
    return state.price is not None and in_dollars(state, request_at_most(state.config)) == 0
