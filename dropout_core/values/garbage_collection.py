"""Keeps the garbage collector from walking what is imported: at the program's start that took a tenth of the time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_back() -> Iterator[None]:
    """Collect nothing until `let_go`, or the end of the block."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def let_go() -> None:
    """Collect again, but never what there is by now: modules, widgets and stored runs live as long as the process.

    Walking them would stall the screen for a tenth of a second, again and again.
    """
    gc.freeze()
    gc.enable()
