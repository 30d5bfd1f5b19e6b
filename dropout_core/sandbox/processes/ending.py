"""How a process of untrusted code ended, in words. A fault only if its result is not complete."""

from __future__ import annotations

import signal

from dropout_core.sandbox import Fault, FaultKind, SandboxBroken
from dropout_core.sandbox.inside.stopwatch import PROCESSOR
from dropout_core.sandbox.time_limits import TimeLimits

KILLED_WITH_SUPERVISOR = Fault(FaultKind.KILLED, "Killed, together with the process that watches over it")

TOO_BUSY = "the machine was too busy"
STARTUP_LIMIT = 120.0
"""Seconds until a process must be ready for the code. Not the code's fault when it is not, so generous."""
NOT_READY = f"the sandbox process was not ready within {STARTUP_LIMIT:g} s: {TOO_BUSY}"


class Starved(SandboxBroken):
    """The code was kept waiting for a processor for so long that nothing can be said about it."""

    def __init__(self) -> None:
        super().__init__(TOO_BUSY)


def over(what: str, limits: TimeLimits) -> Fault:
    """It had too much of its own: what a `Stopwatch` says."""
    if what == PROCESSOR:
        return Fault(FaultKind.TIMEOUT, f"Took more than {limits.processor:g} s of processor time")
    return Fault(FaultKind.TIMEOUT, f"Took more than {limits.clock:g} s")


def ended(status: int) -> Fault:
    """It ended with this status; below 0, by that signal."""
    if status >= 0:
        return Fault(FaultKind.EXITED, f"Exited early, with status {status}")
    if -status == signal.SIGSYS:
        return Fault(FaultKind.FORBIDDEN, "Killed for a forbidden system call")
    return Fault(FaultKind.KILLED, f"Killed by signal {-status}")
