"""Warnings about the pass rate: failures unrelated to the task, replies cut off or duplicated, checks that the prompt
never asked for, and a weak sandbox."""

from __future__ import annotations

from collections import Counter

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.verdict.causes import cause_beside_task
from dropout_core.verdict.isolation_levels import words_of

CUT_OFF_AT_MOST = 1 / 20
"""Largest share of graded runs that may be cut off. Beyond it the rate measures the token limit as much as the
model."""


def failures_beside_task(state: EvaluationState) -> str | None:
    """A summary such as ``"3 of 7 failures are beside the task: 2 cut off, 1 refused"``; ``None`` when there are
    none."""
    beside, failed = state.tally.task_unrelated, state.tally.failed
    if not beside:
        return None
    counts: Counter[str] = Counter()
    for name, tally in state.checks:
        known = cause_beside_task(name)
        if known is not None:
            counts[known.counted] += tally.first
    counts["for other causes"] = beside - counts.total()
    listed = ", ".join(f"{count:,} {word}" for word, count in counts.most_common() if count)
    failures, are = "failure" if failed == 1 else "failures", "is" if beside == 1 else "are"
    return f"{beside:,} of {failed:,} {failures} {are} beside the task: {listed}"


def warning_of_copies(state: EvaluationState) -> str | None:
    """Warning that too many replies are equal for them to be a sample."""
    if not state.has_copies:
        return None
    same, replies = state.copies.same, state.copies.replies
    return f"{same:,} of {replies:,} replies are the same: is there a cache, or temperature 0?"


def warnings(state: EvaluationState) -> str | None:
    """All warnings to heed before trusting the rate, in one line; ``None`` when there are none."""
    said = (
        warning_of_copies(state),
        warning_of_cut_off(state),
        warning_of_unasked(state),
        words_of(state.tally.isolation),
    )
    return "; ".join(filter(None, said)) or None


def warning_of_cut_off(state: EvaluationState) -> str | None:
    """Advice when more than one reply in twenty was cut off at the token limit."""
    cut_off, graded = state.tally.cut_off, state.tally.graded
    if cut_off <= graded * CUT_OFF_AT_MOST:
        return None
    what = "runs" if state.config.mode == "agent" else "replies"
    advice = "" if state.config.asks_nobody else ": raise --max-tokens"
    return f"{cut_off:,} of {graded:,} {what} were cut off at the token limit{advice}"


def warning_of_unasked(state: EvaluationState) -> str | None:
    """Which of the checks the prompt never asked for."""
    unasked = state.config.unasked
    return f"the prompt never asks for {', '.join(unasked)}" if unasked else None
