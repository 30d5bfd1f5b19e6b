"""Choice of the process that is killed when the whole system runs out of memory.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import contextlib
import os

from .closed_memory import close_memory, open_memory

_FIRST = b"1000"


def go_first() -> None:
    """Have Linux kill this process before any other, and protect its memory. Does nothing where there is no such
    choice."""
    open_memory()
    with contextlib.suppress(OSError):
        chosen = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        try:
            os.write(chosen, _FIRST)
        finally:
            os.close(chosen)
    close_memory()
