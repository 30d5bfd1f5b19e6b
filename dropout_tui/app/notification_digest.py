"""Collects events that the current screen does not show, and sums them up in as few lines as possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dropout_core.state.end_reasons import COMPLETED, DECIDED, STOPPED
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.events import EvaluationEnded, Event, VerdictReached
from dropout_core.verdict.verdict import Outcome

OF_ITSELF = (COMPLETED, DECIDED, STOPPED)
"""Stop reasons that are no problem. Any other is reported on every screen."""


@dataclass(slots=True)
class NotificationDigest:
    """Collects events; `lines` returns what is worth a toast, once."""

    _voids: list[tuple[int, str]] = field(default_factory=list)
    _ended: str | None = None

    def take(self, events: Sequence[Event]) -> bool:
        """Collect `events`; returns whether there is something to tell."""
        for event in events:
            match event:
                case VerdictReached(trial=trial, verdict=verdict) if verdict.outcome is Outcome.VOID:
                    self._voids.append((trial, verdict.reason))
                case EvaluationEnded(reason=reason) if reason in OF_ITSELF:
                    self._ended = reason
        return bool(self._voids or self._ended)

    def forget(self) -> None:
        """Drop everything collected: the user has seen it."""
        self._voids.clear()
        self._ended = None

    def lines(self, number: int, state: EvaluationState, *, named: bool = False) -> list[str]:
        """The lines about evaluation `number`, each of which says so if `named`; empties the digest."""
        lines = []
        whose = f"Evaluation {number}: " if named else ""
        if len(self._voids) == 1:
            trial, reason = self._voids[0]
            lines.append(f"{whose}{'r' if named else 'R'}un {trial} is void: {reason}")
        elif self._voids:
            trial, reason = self._voids[-1]
            lines.append(f"{whose}{len(self._voids):,} runs are void; the last, run {trial}: {reason}")
        if self._ended is not None:
            tally = state.tally
            lines.append(f"Evaluation {number} {self._ended}: {tally.passed:,} of {tally.graded:,} passed")
        self.forget()
        return lines
