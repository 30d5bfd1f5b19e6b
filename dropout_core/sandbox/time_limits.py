"""How much time one piece of untrusted code may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

DEFAULT_TIME_LIMIT = 10.0
"""Seconds of processor time."""
CLOCK_TIMES = 6
"""So many times the processor time may pass by the clock, unless said otherwise: for code that sleeps or waits."""
PATIENCE_ALONE = 3
"""So many times as long may code be kept waiting for a processor when it runs again, with no other beside it."""


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """In seconds. The processor's time decides; the clock's is for code that uses none."""

    processor: float
    """Of all its threads together, user and system."""
    clock: float
    """From when it starts to run, without what it was kept waiting for a processor that others had."""
    patience: float
    """It may be kept waiting so long, and says nothing about the code when that is not enough."""

    @classmethod
    def of(cls, time_limit: float, clock_limit: float | None) -> Self:
        """`time_limit` on the processor's time, and on the clock's `clock_limit`, or several times as much."""
        clock = CLOCK_TIMES * time_limit if clock_limit is None else clock_limit
        return cls(time_limit, clock, clock)

    @property
    def alone(self) -> TimeLimits:
        """For the second time, with no other code beside it."""
        return TimeLimits(self.processor, self.clock, PATIENCE_ALONE * self.patience)
