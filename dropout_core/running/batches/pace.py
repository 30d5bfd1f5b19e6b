"""How often a server is asked how far a batch has come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BatchPace:
    """Seconds between two questions, and until a batch that is not listed was never submitted."""

    first: float
    longest: float
    settled: float
    """A batch that is on its way is in the list of batches after so many seconds at most."""

    def waits(self) -> Iterator[float]:
        """Seconds to wait before each question: longer and longer."""
        wait = self.first
        while True:
            yield wait
            wait = min(wait * 1.5, self.longest)


API_PACE = BatchPace(first=10.0, longest=60.0, settled=60.0)
LOCAL_PACE = BatchPace(first=0.05, longest=2.0, settled=1.0)
"""For a server on this machine."""
