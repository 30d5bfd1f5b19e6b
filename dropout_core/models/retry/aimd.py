"""How many requests may be in flight: halved when the server turns one away, raised step by step when it answers."""

from __future__ import annotations

from dataclasses import dataclass, replace

ROUNDS_TO_RECOVER = 10
"""Rounds of answers – as many as may be in flight – that lead from nothing back to the limit."""


@dataclass(frozen=True, slots=True)
class Aimd:
    """Additive increase, multiplicative decrease (Chiu and Jain 1989), between 1 and a limit.

    Requests that were in flight together are turned away together. That is one piece of news, so it counts once:
    each request remembers how many `cuts` there had been when it was sent.
    """

    limit: int
    """What the user allows."""
    level: float
    """Between 1 and `limit`; its whole part is what may be in flight."""
    cuts: int = 0
    """How often it has been lowered."""

    @classmethod
    def at_full(cls, limit: int) -> Aimd:
        """Nothing held back; `limit` is at least 1."""
        return cls(limit, float(limit))

    @property
    def allowed(self) -> int:
        """How many requests may be in flight."""
        return int(self.level)

    @property
    def held_back(self) -> bool:
        """Whether that is fewer than the user allows."""
        return self.allowed < self.limit

    def turned_away(self, cuts_when_sent: int, in_flight: int) -> Aimd:
        """After the server refused a request for want of room, with `in_flight` of them under way."""
        if cuts_when_sent < self.cuts:
            return self
        return replace(self, level=max(1.0, min(self.level, in_flight) / 2), cuts=self.cuts + 1)

    def one_at_a_time(self) -> Aimd:
        """While the server answers nobody: a single request asks for all."""
        return replace(self, level=1.0, cuts=self.cuts + 1)

    def answered(self) -> Aimd:
        """After a request was answered."""
        step = max(1.0, self.limit / ROUNDS_TO_RECOVER) / self.allowed
        return replace(self, level=min(float(self.limit), self.level + step))

    def with_limit(self, limit: int) -> Aimd:
        """Under another limit, at least 1. What was not held back still is not."""
        level = min(self.level, limit) if self.held_back else limit
        return replace(self, limit=limit, level=float(level))
