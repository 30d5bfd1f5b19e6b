"""Stopwatch for a process: processor time, clock time and waiting time, compared with their limits.

A process spends its clock time on a processor, asleep, or *waiting* for a processor that others use. Only the first two
count towards its limits. A process that waited longer than its patience is starved, and nothing can be said about it.
Where the system does not report waiting time, it is estimated as the time in which the process was able to run and yet
did not.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import os
import sys
import time
from typing import NamedTuple

PROCESSOR, CLOCK, STARVED = "processor", "clock", "starved"
"""Limits that may be exceeded: processor time, clock time, or waiting for a processor."""
NOTHING = "nothing"
"""Result when all limits are kept."""

MOST_SECONDS, FEWEST_SECONDS = 5.0, 0.05
"""Longest and shortest interval between two looks at a process."""
NANOSECONDS = 1e9
ON_LINUX = sys.platform == "linux"


class Allowed(NamedTuple):
    """Time limits of a process, in seconds."""

    processor: float
    clock: float
    patience: float


class Spent(NamedTuple):
    """Time that a process has used, in seconds."""

    elapsed: float
    processor: float
    waited: float


class Look(NamedTuple):
    """State of a process, as the system reports it."""

    processor: float
    """Seconds of all of its threads together on a processor."""
    waited: float | None
    """Seconds of waiting for a processor; `None` where the system does not tell."""
    can_run: bool
    """Whether it is not asleep."""


def excess(spent: Spent, allowed: Allowed) -> str | None:
    """The limit that was exceeded, if any."""
    if spent.processor > allowed.processor:
        return PROCESSOR
    if spent.elapsed - spent.waited >= allowed.clock:
        return CLOCK
    return STARVED if spent.waited >= allowed.patience else None


def seconds_to_next_look(spent: Spent, allowed: Allowed, processors: int) -> float:
    """When there can be too much of something at the earliest, for a process that can use so many processors at once,
    or sooner."""
    left = (
        (allowed.processor - spent.processor) / processors,
        allowed.clock - (spent.elapsed - spent.waited),
        allowed.patience - spent.waited,
    )
    return max(FEWEST_SECONDS, min(*left, MOST_SECONDS))


def waited_meanwhile(before: Look, after: Look, seconds: float, late: float) -> float:
    """How long a process was kept waiting between two looks that are `seconds` apart.

    The second came too `late` by a time in which this process itself was waiting; the other has waited at least as
    long.
    """
    not_running = max(0.0, seconds - (after.processor - before.processor))
    if after.waited is not None and before.waited is not None:
        told = after.waited - before.waited
    else:
        told = not_running if after.can_run else 0.0
    return min(not_running, max(told, late))


class Stopwatch:
    """Follows one process from now on, at the cost of nothing until it has run for long."""

    def __init__(self, pid: int, allowed: Allowed, processor_before: float | None = None) -> None:
        """What it has spent before this does not count: `processor_before`, or what the system says."""
        self._pid = pid
        self._allowed = allowed
        self._processors = processors_at_once()
        if processor_before is None:
            processor_before = processor_time(pid)
        self._before = processor_before
        self._last = Look(processor_before, 0.0, can_run=True)
        self._begun = self._looked = time.monotonic()
        self._spent = Spent(0.0, 0.0, 0.0)
        self._due = self._begun + seconds_to_next_look(self._spent, allowed, self._processors)
        self.over: str | None = None
        """Limit that was exceeded at the last look."""

    def seconds_left(self) -> float:
        """Seconds until the next look; not below 0."""
        return max(0.0, self._due - time.monotonic())

    def look(self) -> str | None:
        """Look at the process; returns the limit that it has exceeded."""
        seen = _looked_at(self._pid) or Look(self._last.processor, None, can_run=False)
        now = time.monotonic()
        waited = waited_meanwhile(self._last, seen, now - self._looked, now - self._due)
        self._spent = Spent(now - self._begun, seen.processor - self._before, self._spent.waited + waited)
        self._last, self._looked = seen, now
        self._due = now + seconds_to_next_look(self._spent, self._allowed, self._processors)
        self.over = excess(self._spent, self._allowed)
        if self.over == STARVED and _has_children(self._pid):
            self.over = CLOCK  # its own processes keep it waiting
        return self.over

    def conclusion(self, processor: float) -> str | None:
        """What it had too much of, now that it has ended and the `processor` time of its whole life is known."""
        return PROCESSOR if processor - self._before > self._allowed.processor else self.over


def processors_at_once() -> int:
    """Most processors that this process and its children can use at a time."""
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):  # only some systems have it
        return os.cpu_count() or 1


def _looked_at(pid: int) -> Look | None:
    """State of a process; `None` once it is gone."""
    if not ON_LINUX:
        return _asked_ps(pid)
    try:
        return Look(_clock_of(pid), _kept_waiting(pid), _state(pid) == "R")
    except OSError:
        return None


def processor_time(pid: int) -> float:
    """Processor time of all threads of a process, in seconds; 0 once it is gone."""
    try:
        return _clock_of(pid)
    except OSError:
        return 0.0


def _clock_of(pid: int) -> float:
    """Processor clock of a process on Linux."""
    return time.clock_gettime((~pid << 3) | 2)


def is_stopped(pid: int) -> bool:
    """Whether a signal, or a debugger, has stopped a process. Linux only."""
    return _state(pid) in ("T", "t")


def _state(pid: int) -> str:
    """Letter of the process's state on Linux; empty when it is gone, or not visible to others."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:  # noqa: PTH123  no need to load pathlib
            return stat.read().rpartition(b")")[2].split()[0].decode()
    except (OSError, IndexError):
        return ""


def _has_children(pid: int) -> bool:
    """Whether it has started processes that still run, where the system tells."""
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  no need to load pathlib
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as children:  # noqa: PTH123
                if children.read(1):
                    return True
    except OSError:
        pass
    return False


def _kept_waiting(pid: int) -> float | None:
    """Waiting time of the thread that waited longest; `None` where the kernel does not count it."""
    longest = None
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  no need to load pathlib
            with open(f"/proc/{pid}/task/{thread}/schedstat", "rb") as counted:  # noqa: PTH123
                waited = int(counted.read().split()[1]) / NANOSECONDS
            longest = waited if longest is None else max(longest, waited)
    except (OSError, IndexError, ValueError):  # a thread that just ended, at best
        pass
    return longest


def _asked_ps(pid: int) -> Look | None:
    """State of a process on systems without `/proc`."""
    import subprocess

    try:
        listing = subprocess.run(
            ["ps", "-o", "state=,cputime=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return read_from_ps(listing.stdout)


def read_from_ps(line: str) -> Look | None:
    """State and processor time as `ps` writes them: ``"R 0:10.04"``, ``"Ss 1-02:03:04"``; `None` for no process."""
    match line.split():
        case [state, spent]:
            days, _, clock = spent.rpartition("-")
            seconds = 0.0
            for part in clock.split(":"):
                seconds = 60 * seconds + float(part)
            return Look(86_400 * int(days or 0) + seconds, None, state.startswith("R"))
        case _:
            return None
