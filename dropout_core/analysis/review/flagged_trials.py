"""Flagged trials: those whose answer does something that a person should look at."""

from __future__ import annotations

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import TrialState
from dropout_core.verdict.flag import Flag


def flags_shown(trial: TrialState) -> tuple[Flag, ...]:
    """Flags of the attempt that counts for the pass rate, or else of the latest."""
    attempt = trial.counted or trial.latest
    return () if attempt is None or attempt.verdict is None else attempt.verdict.flags


def flagged(state: EvaluationState) -> tuple[int, ...]:
    """The numbers of the flagged trials."""
    return tuple(trial.number for trial in state.trials if flags_shown(trial))
