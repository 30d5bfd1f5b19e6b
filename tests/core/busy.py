"""A machine that is busy with something else: loops that use whatever processor time they get."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

LOOP = "print(flush=True)\nwhile True: pass"


@contextlib.contextmanager
def busy_loops(number: int) -> Iterator[None]:
    """So many processes that never sleep. They run where this process may run, each in a session of its own, which a
    scheduler that shares by session counts by itself."""
    loops: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(number):
            command = [sys.executable, "-S", "-c", LOOP]
            loops.append(subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True))
        for loop in loops:
            assert loop.stdout is not None
            assert loop.stdout.readline()
        yield
    finally:
        for loop in loops:
            loop.kill()
        for loop in loops:
            loop.communicate()


@contextlib.contextmanager
def on_one_processor() -> Iterator[None]:
    """Confines this thread, and the processes that it starts, to one of its processors."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
