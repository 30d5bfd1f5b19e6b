"""The answer on screen, whichever screen that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from textual.css.query import NoMatches
from textual.screen import Screen

if TYPE_CHECKING:
    from dropout_core.state.trial_state import AttemptState, TrialState
    from dropout_core.values.config import EvaluationConfig
    from dropout_core.verdict.verdict import Check
    from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation


@dataclass(frozen=True, slots=True)
class CurrentAnswer:
    """The answer on screen: a trial of an evaluation, and one of its attempts."""

    evaluation: int
    config: EvaluationConfig
    trial: TrialState
    attempt: AttemptState | None
    check: Check | None
    """The check to copy: the highlighted one, or the first that failed."""

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
    ) -> CurrentAnswer:
        """The answer of an attempt of `live`, with the highlighted check, if there is one."""
        if check is None and attempt is not None and attempt.verdict is not None:
            check = attempt.verdict.first_failing
        return cls(live.number, live.state.config, trial, attempt, check)


@runtime_checkable
class ShowsAnswer(Protocol):
    """A screen that shows one answer."""

    def current_answer(self) -> CurrentAnswer | None:
        """The answer; ``None`` while there is none. May raise `NoMatches` while the screen is incomplete."""


def current_answer(screen: Screen[object]) -> CurrentAnswer | None:
    """The answer on `screen`; ``None`` when it shows none, or is being composed or removed."""
    if not isinstance(screen, ShowsAnswer):
        return None
    try:
        return screen.current_answer()
    except NoMatches:
        return None
