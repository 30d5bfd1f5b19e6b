"""What is said of an evaluation that is to go on although nothing is left to do in it."""

from __future__ import annotations

from dropout_core.state import EvaluationState
from dropout_core.stop_reasons import COMPLETED, DECIDED
from dropout_tui.amounts import so_many
from dropout_tui.words import mark_of_decision


def finished_words(number: int, state: EvaluationState) -> str | None:
    """Why going on would run nothing; ``None`` when something is left to do."""
    if state.stop_reason not in (COMPLETED, DECIDED):
        return None
    how = f"all {so_many(len(state.trials), 'run')} have ended"
    if state.stop_reason == DECIDED:
        how = f"it was decided ({mark_of_decision(state.decision).word}) after {so_many(state.tally.graded, 'run')}"
    return f"evaluation {number} has nothing left to do, {how}; nothing was run"
