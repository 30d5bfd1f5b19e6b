"""Answers, and expressions of an agent, that are stored and could not be run, through no fault of their own."""

from __future__ import annotations

IN_A_ROW = 3
"""So many answers in a row that cannot be run, and no more are asked for."""
TOO_MANY = "answers could not be graded"
"""Why an evaluation stops then."""


class UngradedAnswers:
    """The trials whose answers wait to be graded, or whose conversations wait for a tool; and why."""

    def __init__(self) -> None:
        self._reasons: dict[int, str] = {}
        self._without_answer: set[int] = set()
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
        count, latest = len(self._reasons), next(reversed(self._reasons.values()))
        if self._without_answer:
            runs = "1 run is" if count == 1 else f"{count} runs are"
            return f"{runs} stored and could not go on: {latest}"
        answers = "1 answer is" if count == 1 else f"{count} answers are"
        return f"{answers} stored and could not be graded: {latest}"

    def add(self, trial: int, reason: str, *, answered: bool) -> None:
        """The answer of a trial could not be run; or an expression on the way to one, where it has not `answered`."""
        self._reasons[trial] = reason
        if not answered:
            self._without_answer.add(trial)
        self._in_a_row += 1

    def graded(self) -> None:
        """An answer could be run."""
        self._in_a_row = 0

    def discard(self, trial: int) -> None:
        """The trial has a verdict: nothing of it waits any more."""
        self._reasons.pop(trial, None)
        self._without_answer.discard(trial)

    def clear(self) -> None:
        """All are tried once more."""
        self._reasons.clear()
        self._without_answer.clear()
        self._in_a_row = 0
