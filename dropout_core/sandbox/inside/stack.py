"""Stack size for untrusted code: the usual one, where the limit may be raised.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import contextlib
import resource

USUAL = 8 << 20
"""Bytes. What is nested deeper than Python's parser allows is then told by its exception, and not by a crash."""


def have_usual_stack() -> None:
    """Set it for this process and those that it forks."""
    with contextlib.suppress(OSError, ValueError):
        soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
        wanted = USUAL if hard == resource.RLIM_INFINITY else min(USUAL, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_STACK, (wanted, hard))
