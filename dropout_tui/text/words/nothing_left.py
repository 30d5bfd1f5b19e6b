"""The message when an evaluation is resumed in which nothing is left to do."""

from __future__ import annotations

from dropout_core.state.end_reasons import COMPLETED, DECIDED
from dropout_core.state.evaluation_state import EvaluationState
from dropout_tui.text.labels import mark_of_decision
from dropout_tui.text.numbers import pluralize


def finished_words(number: int, state: EvaluationState) -> str | None:
    """Why resuming would run nothing; ``None`` when something is left to do."""
    if state.stop_reason not in (COMPLETED, DECIDED):
        return None
    how = f"all {pluralize(len(state.trials), 'run')} have ended"
    if state.stop_reason == DECIDED:
        how = f"it was decided ({mark_of_decision(state.decision).word}) after {pluralize(state.tally.graded, 'run')}"
    return f"evaluation {number} has nothing left to do, {how}; nothing was run"
