"""Peak memory that the code allocates during a call, even if it tampers with the counting.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import _tracemalloc
import tracemalloc
from collections.abc import Callable


class CountedMemory:
    """Counts of `tracemalloc`, read with functions that were saved before the code could replace them.

    Functions that reset the peak of `tracemalloc` save it first. When all allocations are cleared, there is no peak to
    report.
    """

    def __init__(self) -> None:
        self._start, self._stop = tracemalloc.start, tracemalloc.stop
        self._traced_memory = tracemalloc.get_traced_memory
        self._trace_of = tracemalloc._get_object_traceback  # type: ignore[attr-defined]
        self._most = 0
        self._witness: bytearray | None = None
        for name in ("reset_peak", "clear_traces", "stop"):
            forgetting = self._noting(getattr(tracemalloc, name))
            for module in (tracemalloc, _tracemalloc):
                setattr(module, name, forgetting)

    def _noting(self, forgets: Callable[[], None]) -> Callable[[], None]:
        def noted() -> None:
            self._most = max(self._most, self._traced_memory()[1])
            forgets()

        return noted

    def start(self) -> None:
        """Start counting."""
        self._start()
        self._most = 0
        self._witness = bytearray(1)

    def peak(self) -> int | None:
        """Most bytes allocated at one time since the start; `None` when the allocations were cleared."""
        if self._trace_of(self._witness) is None:
            return None
        return max(self._most, self._traced_memory()[1])

    def stop(self) -> None:
        """Stop counting."""
        self._stop()
        self._witness = None
