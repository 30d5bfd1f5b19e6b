"""Protection of a process's memory, environment and open files from other processes of its user.

Only Linux has this, and it ends when the process runs another program. Root, and processes with the capability to trace
others, are not affected.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import contextlib

from .kernel import prctl

_PR_SET_DUMPABLE = 4


def close_memory() -> None:
    """Protect this process, and those that it forks. Does nothing where the system cannot."""
    _be_dumpable(0)


def open_memory() -> None:
    """Open it again. What belongs to a process below ``/proc`` is its own to write to only while it is open."""
    _be_dumpable(1)


def _be_dumpable(value: int) -> None:
    with contextlib.suppress(OSError, AttributeError):  # elsewhere the C library has no such function
        prctl(_PR_SET_DUMPABLE, value)
