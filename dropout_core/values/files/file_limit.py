"""Limit on open files and connections, and the number of requests that fit into it."""

from __future__ import annotations

import resource

WANTED = 65_536
"""Limit to ask for; more is of no use."""
BESIDE_REQUESTS = 96
"""Descriptors reserved for the store, the screen, libraries, and the sandbox's processes."""
BESIDE_SANDBOXES = 48
"""Descriptors reserved for everything else."""
FILES_OF_A_SANDBOX = 10
NO_MORE = "the system opens no more files for this program; allow more with: ulimit -n 4096"
"""Message when no descriptors are left for a file or a connection."""


def raise_limit() -> int:
    """Raise the soft limit as far as the hard one allows. Returns the new limit."""
    try:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    except OSError:  # a system that refuses to tell
        return WANTED
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return WANTED if soft == resource.RLIM_INFINITY else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):  # a system with a lower bound of its own
        return soft
    return wanted


def requests_that_fit(limit: int) -> int:
    """Most requests in flight, each with its own connection, within a limit of open files."""
    return max(1, limit - BESIDE_REQUESTS)


def sandboxes_that_fit() -> int:
    """Most processes of untrusted code at once, each with its own files."""
    try:
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    except OSError:  # a system that refuses to tell
        soft = resource.RLIM_INFINITY
    allowed = WANTED if soft == resource.RLIM_INFINITY else soft
    return max(1, (allowed - BESIDE_SANDBOXES) // FILES_OF_A_SANDBOX)
