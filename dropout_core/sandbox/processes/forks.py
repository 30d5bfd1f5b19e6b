"""Forks of this process: their own marks, and what they give up of their parent's.

A fork has a copy of every descriptor of its parent, and none of its threads.
"""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Closable(Protocol):
    """A descriptor, or several, of which a fork closes its own copy."""

    def close(self) -> None:
        """Close this process's copy."""
        ...


class _Process:
    """A process, from its start or from the fork that began it."""

    def __init__(self) -> None:
        self.mark = object()
        self.holds: WeakSet[Closable] = WeakSet()


_this = _Process()


def this_process() -> object:
    """Mark of this process. Forks have others; process ids come back, marks do not."""
    return _this.mark


def closed_in_forks(held: Closable) -> None:
    """Have every fork close its copy, which would keep open what this process closes."""
    _this.holds.add(held)


def _begin_fork() -> None:
    global _this
    parent, _this = _this, _Process()
    for held in list(parent.holds):
        held.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_fork)
