"""Which answer the reader looks at, on whatever screen that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from textual.css.query import NoMatches
from textual.screen import Screen

if TYPE_CHECKING:
    from dropout_core.state.trial_state import AttemptState, TrialState
    from dropout_core.values.config import EvaluationConfig
    from dropout_core.verdict.verdict import Check
    from dropout_tui.presenters.live_evaluation import LiveEvaluation


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

    @classmethod
    def of(
        cls, live: LiveEvaluation, trial: TrialState, attempt: AttemptState | None, check: Check | None = None
    ) -> LookedAt:
        """An attempt of `live`, and the check that is highlighted, if one is."""
        if check is None and attempt is not None and attempt.verdict is not None:
            check = attempt.verdict.first_failing
        return cls(live.number, live.state.config, trial, attempt, check)


@runtime_checkable
class ShowsAnswer(Protocol):
    """A screen on which the reader looks at one answer."""

    def looked_at(self) -> LookedAt | None:
        """The answer; ``None`` while there is none. May raise `NoMatches` while the screen is incomplete."""


def looked_at(screen: Screen[object]) -> LookedAt | None:
    """What `screen` is about; ``None`` when it is not about one trial, or is being put together or taken apart."""
    if not isinstance(screen, ShowsAnswer):
        return None
    try:
        return screen.looked_at()
    except NoMatches:
        return None
