"""Lines that say how far batches have come, where there is no screen to show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dropout_core.state.batch_state import BatchState, batches_after
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.events import (
    BatchDropped,
    BatchPlanned,
    BatchProgressed,
    BatchSubmitted,
    Event,
)
from dropout_tui.text.words.batches import submitted_words, words_of_batches

_OF_BATCHES = (BatchPlanned, BatchSubmitted, BatchProgressed, BatchDropped)


class BatchNotices:
    """Prints a line for each batch that is submitted, and when it has come further."""

    def __init__(self, state: EvaluationState, say: Callable[[str], None], name: str = "") -> None:
        """`say` takes a line about an evaluation that stood at `state`; `name` comes before each."""
        self._batches = state.batches
        self._say = say
        self._before = f"{name}: " if name else ""

    def receive(self, events: Sequence[Event]) -> None:
        """Report what has happened to batches."""
        for event in events:
            if isinstance(event, _OF_BATCHES):
                before, self._batches = self._batches, batches_after(self._batches, event)
                if self._batches != before and (line := self._line(event)):
                    self._say(f"{self._before}{line}")

    def _line(self, event: Event) -> str:
        match event:
            case BatchSubmitted(batch=number):
                return submitted_words(self._batch(number))
            case BatchProgressed(batch=number) if self._batch(number).dropped is None:
                return words_of_batches([self._batch(number)])
            case BatchDropped(batch=number, reason=reason):
                return f"batch of {self._batch(number).requests:,}: {reason}"
            case _:
                return ""

    def _batch(self, number: int) -> BatchState:
        return next(batch for batch in self._batches if batch.number == number)
