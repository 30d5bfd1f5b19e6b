"""Gradings of one answer with other seeds: whether they say the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from dropout_core.verdict.verdict import Outcome, Verdict


@dataclass(frozen=True, slots=True)
class Repeats:
    """What was said of one answer before, and what other seeds say of it."""

    before: str
    said: tuple[str, ...] = ()

    @classmethod
    def of(cls, verdict: Verdict) -> Repeats:
        """None yet."""
        return cls(said_of(verdict))

    def with_one(self, verdict: Verdict) -> Repeats:
        """With one more."""
        return Repeats(self.before, (*self.said, said_of(verdict)))

    @property
    def same(self) -> int:
        """How many say the same: they end as the answer did, and if it failed, for the same cause."""
        return self.said.count(self.before)

    @property
    def others(self) -> dict[str, int]:
        """What the others say, the most frequent first."""
        return dict(Counter(one for one in self.said if one != self.before).most_common())

    def __str__(self) -> str:
        """``20 of 20 the same``, ``17 of 20 the same: 3 × failed rate``."""
        others = ", ".join(f"{count} × {said}" for said, count in self.others.items())
        return f"{self.same} of {len(self.said)} the same" + (f": {others}" if others else "")


def said_of(verdict: Verdict) -> str:
    """How an answer ended, and if it failed, for which cause: ``passed``, ``failed rate``."""
    return f"failed {verdict.cause}" if verdict.outcome is Outcome.FAILED else str(verdict.outcome)
