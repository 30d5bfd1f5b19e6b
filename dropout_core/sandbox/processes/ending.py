"""Ending of a process with untrusted code, in words."""

from __future__ import annotations

import signal

from dropout_core.sandbox import Fault, FaultKind, SandboxBroken
from dropout_core.sandbox.inside.stopwatch import PROCESSOR
from dropout_core.sandbox.time_limits import TimeLimits

KILLED_WITH_SUPERVISOR = Fault(FaultKind.KILLED, "Killed, together with the process that watches over it")

TOO_BUSY = "the machine was too busy"
STARTUP_LIMIT = 120.0
"""Seconds until a process must be ready for the code. Generous, as being late is not the code's fault."""
NOT_READY = f"the sandbox process was not ready within {STARTUP_LIMIT:g} s: {TOO_BUSY}"


class Starved(SandboxBroken):
    """The code waited so long for a processor that nothing can be said about it."""

    def __init__(self) -> None:
        super().__init__(TOO_BUSY)


def over(what: str, limits: TimeLimits) -> Fault:
    """Fault for exceeding a limit, as reported by a `Stopwatch`."""
    if what == PROCESSOR:
        return Fault(FaultKind.TIMEOUT, f"Took more than {limits.processor:g} s of processor time")
    return Fault(FaultKind.TIMEOUT, f"Took more than {limits.clock:g} s")


def ended(status: int) -> Fault:
    """Fault for a process with this exit status; negative for a signal."""
    if status >= 0:
        return Fault(FaultKind.EXITED, f"Exited early, with status {status}")
    if -status == signal.SIGSYS:
        return Fault(FaultKind.FORBIDDEN, "Killed for a forbidden system call")
    return Fault(FaultKind.KILLED, f"Killed by signal {-status}")
