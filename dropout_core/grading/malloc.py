"""Setting of the C library for large arrays that are freed."""

from __future__ import annotations

from functools import cache

import numpy as np

LARGEST_THRESHOLD = 32 << 20  # bytes


@cache
def keep_freed_memory() -> None:
    """Have the C library keep up to 64 MiB of what is freed, instead of clearing fresh pages for every grading.

    glibc adapts to the largest block that was freed, up to 32 MiB, and keeps twice as much (``mallopt(3)``,
    M_MMAP_THRESHOLD). So one such block is allocated and freed; it is never touched and takes no memory. With other C
    libraries this has no effect.
    """
    np.empty(LARGEST_THRESHOLD - (1 << 16), np.uint8)
