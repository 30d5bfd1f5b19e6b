"""Whether a budget that several evaluations share lets another attempt begin.

By the same rule as an evaluation's own: what is in flight is reserved at its most, and where nothing is in flight
anywhere, an attempt whose typical cost still fits may begin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dropout_core.costs.budget import Spender, fits
from dropout_core.costs.costs import in_dollars, total_of


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
    return spender.state.price is not None and fits(purse.budget, spender, all_of_them, in_dollars)
