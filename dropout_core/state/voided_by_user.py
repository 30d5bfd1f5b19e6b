"""Attempts that the user ended: the model is not to blame for them, and whoever ended them may have seen a part."""

from __future__ import annotations

from dropout_core.verdict.verdict import Outcome, Verdict

CANCELLED = "cancelled by the user"
REPLACED = "replaced by a rerun"


def is_replaced(verdict: Verdict) -> bool:
    """Whether a new attempt was to take its place."""
    return verdict.outcome is Outcome.VOID and verdict.reason == REPLACED


def is_voided_by_user(verdict: Verdict) -> bool:
    """Whether the user ended it."""
    return verdict.outcome is Outcome.VOID and verdict.reason in (CANCELLED, REPLACED)
