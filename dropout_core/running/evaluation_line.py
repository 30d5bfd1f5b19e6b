"""The line of evaluations that wait for those before them, and the limit that those share which run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EvaluationLine:
    """The numbers of the evaluations that wait, the next one first. Each stands in it once."""

    waiting: tuple[int, ...] = ()

    def joined(self, number: int) -> EvaluationLine:
        """With one more at the end; where it stands already, it stays."""
        return self if number in self.waiting else EvaluationLine((*self.waiting, number))

    def left(self, number: int) -> EvaluationLine:
        """Without this one."""
        return EvaluationLine(tuple(each for each in self.waiting if each != number))

    def moved(self, number: int, by: int) -> EvaluationLine:
        """With one that waits `by` places further back, at most at the end; a negative number moves it forward."""
        if number not in self.waiting:
            return self
        others = list(self.left(number).waiting)
        others.insert(max(0, self.waiting.index(number) + by), number)
        return EvaluationLine(tuple(others))

    def next(self, *, under_way: bool) -> int | None:
        """The one that begins now: the first, once nothing is `under_way` any more."""
        return None if under_way or not self.waiting else self.waiting[0]

    def place_of(self, number: int) -> int | None:
        """Its place in the line, from 1; ``None`` if it does not wait."""
        return self.waiting.index(number) + 1 if number in self.waiting else None


def limit_of_all(asked: Iterable[int], chosen: int | None = None) -> int:
    """Most requests in flight of all evaluations together: as many as were `chosen`, else the most that any of them
    `asked` for. At least 1."""
    return max(1, chosen) if chosen is not None else max(asked, default=1)
