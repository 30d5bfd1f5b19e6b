"""Time limits for one piece of untrusted code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

DEFAULT_TIME_LIMIT = 10.0
"""Default limit on processor time, in seconds."""
CLOCK_TIMES = 6
"""Default limit on clock time, as a multiple of the processor time: for code that sleeps or waits."""
PATIENCE_ALONE = 3
"""Factor by which code may wait longer for a processor when it runs again, alone."""


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Limits in seconds. Processor time decides; clock time is for code that uses none."""

    processor: float
    """Processor time of all its threads together, user and system."""
    clock: float
    """Clock time since it started to run, without waiting for a processor in use by others."""
    patience: float
    """Longest wait for a processor; beyond it nothing can be said about the code."""

    @classmethod
    def of(cls, time_limit: float, clock_limit: float | None) -> Self:
        """Limits with `time_limit` on processor time, and `clock_limit` on clock time, or several times as much."""
        clock = CLOCK_TIMES * time_limit if clock_limit is None else clock_limit
        return cls(time_limit, clock, clock)

    @property
    def alone(self) -> TimeLimits:
        """Limits for a second run, with no other code beside it."""
        return TimeLimits(self.processor, self.clock, PATIENCE_ALONE * self.patience)
