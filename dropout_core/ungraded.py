"""Answers that are stored and could not be run, through no fault of their own."""

from __future__ import annotations

IN_A_ROW = 3
"""So many answers in a row that cannot be run, and no more are asked for."""
TOO_MANY = "answers could not be graded"
"""Why an evaluation stops then."""


class UngradedAnswers:
    """The trials whose answers wait to be graded, and why."""

    def __init__(self) -> None:
        self._reasons: dict[int, str] = {}
        self._in_a_row = 0

    def __contains__(self, trial: object) -> bool:
        return trial in self._reasons

    def __bool__(self) -> bool:
        return bool(self._reasons)

    @property
    def too_many(self) -> bool:
        """Whether what is asked for next could not be graded either."""
        return self._in_a_row >= IN_A_ROW

    @property
    def why(self) -> str:
        """How many there are and the latest reason, in one line."""
        count = len(self._reasons)
        answers = "1 answer is" if count == 1 else f"{count} answers are"
        return f"{answers} stored and could not be graded: {next(reversed(self._reasons.values()))}"

    def add(self, trial: int, reason: str) -> None:
        """The answer of a trial could not be run."""
        self._reasons[trial] = reason
        self._in_a_row += 1

    def graded(self) -> None:
        """An answer could be run."""
        self._in_a_row = 0

    def discard(self, trial: int) -> None:
        """The trial has a verdict: nothing of it waits any more."""
        self._reasons.pop(trial, None)

    def clear(self) -> None:
        """All are tried once more."""
        self._reasons.clear()
        self._in_a_row = 0
