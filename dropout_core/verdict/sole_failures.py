"""Answers that some checks alone keep from passing."""

from __future__ import annotations

from collections.abc import Collection

from dropout_core.verdict.verdict import CheckStatus, Outcome, Verdict


def fails_only(verdict: Verdict, checks: Collection[str]) -> bool:
    """Whether an answer failed by some of these checks and passed all others that were made: without these it were
    right. One that was not reached has not passed."""
    others = {status for id_, status in verdict.statuses if id_ not in checks}
    return bool(checks) and verdict.outcome is Outcome.FAILED and others == {CheckStatus.PASSED}
