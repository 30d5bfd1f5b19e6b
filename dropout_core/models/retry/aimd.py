"""Limit of requests in flight: halved when the server is overloaded, raised step by step as it answers."""

from __future__ import annotations

from dataclasses import dataclass, replace

ROUNDS_TO_RECOVER = 10
"""Rounds of answers – as many as may be in flight – that lead from nothing back to the limit."""


@dataclass(frozen=True, slots=True)
class Aimd:
    """Additive increase, multiplicative decrease (Chiu and Jain 1989), between 1 and a limit.

    Requests that were in flight together are rejected together. That counts only once: each request remembers how many
    `cuts` there had been when it was sent.
    """

    limit: int
    """Highest level, as set by the user."""
    level: float
    """Between 1 and `limit`; its integer part is the number of requests that may be in flight."""
    cuts: int = 0
    """How often the level has been lowered."""

    @classmethod
    def at_full(cls, limit: int) -> Aimd:
        """The highest level; `limit` is at least 1."""
        return cls(limit, float(limit))

    @property
    def allowed(self) -> int:
        """Number of requests that may be in flight."""
        return int(self.level)

    @property
    def held_back(self) -> bool:
        """Whether that is fewer than the user allows."""
        return self.allowed < self.limit

    def turned_away(self, cuts_when_sent: int, in_flight: int) -> Aimd:
        """Level after the server rejected a request as overloaded, with `in_flight` requests in progress."""
        if cuts_when_sent < self.cuts:
            return self
        return replace(self, level=max(1.0, min(self.level, in_flight) / 2), cuts=self.cuts + 1)

    def one_at_a_time(self) -> Aimd:
        """The lowest level, for a server that answers nothing: single requests test it."""
        return replace(self, level=1.0, cuts=self.cuts + 1)

    def answered(self) -> Aimd:
        """Level after a request was answered."""
        step = max(1.0, self.limit / ROUNDS_TO_RECOVER) / self.allowed
        return replace(self, level=min(float(self.limit), self.level + step))

    def with_limit(self, limit: int) -> Aimd:
        """Level under another limit, at least 1. One that was not held back stays so."""
        level = min(self.level, limit) if self.held_back else limit
        return replace(self, limit=limit, level=float(level))
