"""The title of the terminal's window: the progress of the evaluation."""

from __future__ import annotations

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import Status
from dropout_tui.terminal.terminal_title import NAME


def title_of(state: EvaluationState | None) -> str:
    """``"dropout-tui 7/10 running"``; afterwards how many passed."""
    if state is None:
        return NAME
    tally = state.tally
    settled = sum(tally.count(status) for status in Status if status.settled)
    runs = len(state.trials)
    if state.ended_at is None:
        going = any(tally.count(status) for status in (Status.RUNNING, Status.PAUSING, Status.QUEUED))
        return f"{NAME} {settled}/{runs} {'running' if going or settled == runs else 'paused'}"
    if settled < runs:
        return f"{NAME} {settled}/{runs} stopped"
    return f"{NAME} {tally.passed}/{tally.graded} passed"
