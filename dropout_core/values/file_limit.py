"""How many files and connections this process may have open, and how many requests fit into that."""

from __future__ import annotations

import resource

WANTED = 65_536
"""More is of no use to anybody."""
BESIDE_REQUESTS = 96
"""For the store, the screen, libraries that are loaded, and what the sandbox's processes share with this one."""
BESIDE_SANDBOXES = 48
"""For all else that is open."""
FILES_OF_A_SANDBOX = 10
NO_MORE = "the system opens no more files for this program; allow more with: ulimit -n 4096"
"""What to say where a file or a connection cannot be opened for want of descriptors."""


def raise_limit() -> int:
    """Raise the soft limit as far as the hard one lets it. Gives what it is then."""
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
    """How many requests may be in flight, each with a connection of its own, where so many files may be open."""
    return max(1, limit - BESIDE_REQUESTS)


def sandboxes_that_fit() -> int:
    """How many processes of untrusted code may run at once, each with files of its own."""
    try:
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    except OSError:  # a system that refuses to tell
        soft = resource.RLIM_INFINITY
    allowed = WANTED if soft == resource.RLIM_INFINITY else soft
    return max(1, (allowed - BESIDE_SANDBOXES) // FILES_OF_A_SANDBOX)
