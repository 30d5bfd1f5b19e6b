"""Setting of the C library for large arrays that are freed."""

from __future__ import annotations

from functools import cache

import numpy as np

LARGEST_THRESHOLD = 32 << 20  # bytes


@cache
def keep_freed_memory() -> None:
    """Have the C library keep up to 64 MiB of what is freed, instead of clearing fresh pages for every grading.

    glibc takes the size of the largest block of its own that was freed, up to 32 MiB, for what is usual here, and keeps
    twice as much (``mallopt(3)``, M_MMAP_THRESHOLD). So one such block is asked for and freed; it is never touched and
    takes no memory. Elsewhere nothing comes of it.
    """
    np.empty(LARGEST_THRESHOLD - (1 << 16), np.uint8)
