"""How a process of untrusted code ended, in words. A fault only if its result is not complete."""

from __future__ import annotations

import signal

from dropout_core.sandbox import Fault, FaultKind

KILLED_WITH_SUPERVISOR = Fault(FaultKind.KILLED, "Killed, together with the process that watches over it")


def timed_out(seconds: float) -> Fault:
    """It was still running when its time was over."""
    return Fault(FaultKind.TIMEOUT, f"Timed out after {seconds:g} s")


def ended(status: int) -> Fault:
    """It ended with this status; below 0, by that signal."""
    if status >= 0:
        return Fault(FaultKind.EXITED, f"Exited early, with status {status}")
    if -status == signal.SIGXCPU:
        return Fault(FaultKind.TIMEOUT, "Used up its processor time")
    if -status == signal.SIGSYS:
        return Fault(FaultKind.FORBIDDEN, "Killed for a forbidden system call")
    return Fault(FaultKind.KILLED, f"Killed by signal {-status}")
