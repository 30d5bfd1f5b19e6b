"""Attempts that the user ended. They are void, and the user may have seen part of them."""

from __future__ import annotations

from dropout_core.verdict.verdict import Outcome, Verdict

CANCELLED = "cancelled by the user"
REPLACED = "replaced by a rerun"


def is_replaced(verdict: Verdict) -> bool:
    """Whether it was voided for a rerun."""
    return verdict.outcome is Outcome.VOID and verdict.reason == REPLACED


def is_voided_by_user(verdict: Verdict) -> bool:
    """Whether the user ended it."""
    return verdict.outcome is Outcome.VOID and verdict.reason in (CANCELLED, REPLACED)
