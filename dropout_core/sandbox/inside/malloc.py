"""Setting of the C library that keeps freed memory, in a process that will soon end.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
"""Parameters of ``mallopt(3)``."""
_LARGEST_THRESHOLD = 32 << 20  # bytes
_STEP = 1 << 20  # bytes


def keep_what_is_freed() -> None:
    """Let large arrays reuse freed memory, instead of memory that the system must clear first.

    Nothing where the C library has no such options.
    """
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt"):
        return
    libc.mallopt(_MMAP_THRESHOLD, _LARGEST_THRESHOLD)
    libc.mallopt(_TRIM_THRESHOLD, 2**31 - 1)
    libc.mallopt(_TOP_PAD, _STEP)
