"""Record of an evaluation: everything that a report shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import AttemptState, TrialState
from dropout_core.values.annotation import UNANNOTATED, Annotation
from dropout_core.values.conversation import Message


@dataclass(frozen=True, slots=True)
class Record:
    """An evaluation as stored."""

    number: int
    state: EvaluationState
    conversation: Callable[[int, int], tuple[Message, ...]]
    """Turns of a trial's attempt. Read one at a time, because all of them may be large."""
    annotation: Annotation = UNANNOTATED

    def attempts(self) -> Iterator[tuple[TrialState, AttemptState]]:
        """Every attempt, in the order of the trials."""
        return ((trial, attempt) for trial in self.state.trials for attempt in trial.attempts)


def utc(seconds: float) -> str:
    """Seconds since the epoch as ISO 8601 with its offset, to the second."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
