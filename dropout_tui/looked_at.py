"""Which answer the reader looks at, on whatever screen that is."""

from __future__ import annotations

from dataclasses import dataclass

from textual.css.query import NoMatches
from textual.screen import Screen

from dropout_core.config import EvaluationConfig
from dropout_core.trial_state import AttemptState, TrialState
from dropout_core.verdict import Check
from dropout_tui.screens.dashboard import DashboardScreen
from dropout_tui.screens.trial import TrialScreen


@dataclass(frozen=True, slots=True)
class LookedAt:
    """One trial of an evaluation, and the attempt of it that is on screen."""

    evaluation: int
    config: EvaluationConfig
    trial: TrialState
    attempt: AttemptState | None
    check: Check | None
    """The check to speak of: the highlighted one, else the first that failed."""

    @property
    def code(self) -> str | None:
        """The answer's code; ``None`` when there is none."""
        return None if self.attempt is None else self.attempt.code

    @property
    def name(self) -> str:
        """``"run 3, attempt 1"``."""
        attempt = "" if self.attempt is None else f", attempt {self.attempt.number}"
        return f"run {self.trial.number}{attempt}"

    @property
    def file_name(self) -> str:
        """``"run-3-attempt-1.py"``."""
        return self.name.replace(", ", "-").replace(" ", "-") + ".py"


def looked_at(screen: Screen[object]) -> LookedAt | None:
    """What `screen` is about; ``None`` when it is not about one trial, or is being put together or taken apart."""
    try:
        return _looked_at(screen)
    except NoMatches:
        return None


def _looked_at(screen: Screen[object]) -> LookedAt | None:
    match screen:
        case DashboardScreen(selected=TrialState() as trial):
            attempt, check = trial.latest, None
        case TrialScreen():
            trial, attempt = screen.live.state.trial(screen.trial), screen.attempt
            check = screen.checks.looked_at
        case _:
            return None
    if check is None and attempt is not None and attempt.verdict is not None:
        check = attempt.verdict.first_failing
    return LookedAt(screen.live.number, screen.live.state.config, trial, attempt, check)
