"""Ungraded answers: stored answers, and expressions of an agent, that could not be run through no fault of their
own."""

from __future__ import annotations

IN_A_ROW = 3
"""After so many answers in a row that cannot be run, no more are requested."""
TOO_MANY = "answers could not be graded"
"""Stop reason of the evaluation in that case."""


class UngradedAnswers:
    """Trials whose answers wait to be graded, or whose conversations wait for a tool, with the reasons."""

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
        """Whether further answers could probably not be graded either."""
        return self._in_a_row >= IN_A_ROW

    @property
    def why(self) -> str:
        """Number of such trials and the latest reason, in one line."""
        count, latest = len(self._reasons), next(reversed(self._reasons.values()))
        if self._without_answer:
            runs = "1 run is" if count == 1 else f"{count} runs are"
            return f"{runs} stored and could not go on: {latest}"
        answers = "1 answer is" if count == 1 else f"{count} answers are"
        return f"{answers} stored and could not be graded: {latest}"

    def add(self, trial: int, reason: str, *, answered: bool) -> None:
        """The answer of a trial could not be run; or, where it has not `answered`, an expression before that."""
        self._reasons[trial] = reason
        if not answered:
            self._without_answer.add(trial)
        self._in_a_row += 1

    def graded(self) -> None:
        """An answer could be run."""
        self._in_a_row = 0

    def discard(self, trial: int) -> None:
        """The trial has a verdict."""
        self._reasons.pop(trial, None)
        self._without_answer.discard(trial)

    def clear(self) -> None:
        """Forget all, as all are tried again."""
        self._reasons.clear()
        self._without_answer.clear()
        self._in_a_row = 0
