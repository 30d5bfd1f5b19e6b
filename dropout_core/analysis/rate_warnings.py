"""What the pass rate does not say by itself, in words: how many failures say nothing about the task, and whether too
many replies are cut off, or are the same, or are checked for what was never asked, or code was run that could reach
more than it should."""

from __future__ import annotations

from collections import Counter

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.verdict.causes import cause_beside_task
from dropout_core.verdict.isolation_levels import words_of

CUT_OFF_AT_MOST = 1 / 20
"""Of the graded runs. Beyond it the rate says as much about the limit as about the model."""


def failures_beside_task(state: EvaluationState) -> str | None:
    """Such as ``"3 of 7 failures are beside the task: 2 cut off, 1 refused"``; ``None`` when there are none."""
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
    """That the replies are hardly a sample, when too many of them are the same."""
    if not state.has_copies:
        return None
    same, replies = state.copies.same, state.copies.replies
    return f"{same:,} of {replies:,} replies are the same: is there a cache, or temperature 0?"


def warnings(state: EvaluationState) -> str | None:
    """All that a person should change before trusting the rate, in one line; ``None`` when there is nothing."""
    said = (
        warning_of_copies(state),
        warning_of_cut_off(state),
        warning_of_unasked(state),
        words_of(state.tally.isolation),
    )
    return "; ".join(filter(None, said)) or None


def warning_of_cut_off(state: EvaluationState) -> str | None:
    """What to do when more than one reply in twenty was cut off at the token limit."""
    cut_off, graded = state.tally.cut_off, state.tally.graded
    if cut_off <= graded * CUT_OFF_AT_MOST:
        return None
    what = "runs" if state.config.mode == "agent" else "replies"
    return f"{cut_off:,} of {graded:,} {what} were cut off at the token limit: raise --max-tokens"


def warning_of_unasked(state: EvaluationState) -> str | None:
    """Which of the checks the prompt never asked for."""
    unasked = state.config.unasked
    return f"the prompt never asks for {', '.join(unasked)}" if unasked else None
