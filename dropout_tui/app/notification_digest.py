"""What happened while the reader looked elsewhere, gathered into as few lines as it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dropout_core.state.end_reasons import COMPLETED, DECIDED, STOPPED
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.events import EvaluationEnded, Event, VerdictReached
from dropout_core.verdict.verdict import Outcome

OF_ITSELF = (COMPLETED, DECIDED, STOPPED)
"""Reasons for which an evaluation ends as it should. Any other is a complaint, wherever the reader is."""


@dataclass(slots=True)
class NotificationDigest:
    """Collects events; `lines` gives what is worth a toast, once."""

    _voids: list[tuple[int, str]] = field(default_factory=list)
    _ended: str | None = None

    def take(self, events: Sequence[Event]) -> bool:
        """Collect `events`; whether there is something to tell."""
        for event in events:
            match event:
                case VerdictReached(trial=trial, verdict=verdict) if verdict.outcome is Outcome.VOID:
                    self._voids.append((trial, verdict.reason))
                case EvaluationEnded(reason=reason) if reason in OF_ITSELF:
                    self._ended = reason
        return bool(self._voids or self._ended)

    def forget(self) -> None:
        """The reader has seen it."""
        self._voids.clear()
        self._ended = None

    def lines(self, number: int, state: EvaluationState) -> list[str]:
        """What to tell of evaluation `number`; afterwards there is nothing more to tell."""
        lines = []
        if len(self._voids) == 1:
            trial, reason = self._voids[0]
            lines.append(f"Run {trial} is void: {reason}")
        elif self._voids:
            trial, reason = self._voids[-1]
            lines.append(f"{len(self._voids):,} runs are void; the last, run {trial}: {reason}")
        if self._ended is not None:
            tally = state.tally
            lines.append(f"Evaluation {number} {self._ended}: {tally.passed:,} of {tally.graded:,} passed")
        self.forget()
        return lines
