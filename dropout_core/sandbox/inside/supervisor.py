"""Supervisor: starts the process of the untrusted code, outlives it, and cleans up after it.

It imports nothing of this project; see `launch`.

    python launch.py supervisor REQUEST_FD RESULT_FD NUMPY_FOLDER

It forks, and runs `child` in the fork, which is the leader of a session and process group of its own.
Standard input is the lifeline: when anything arrives on it, or its other end closes because whoever held it
died, everything is killed. Standard output carries the report: first the child's "ready" line, in the end
"ended exited STATUS SECONDS" or "ended killed SIGNAL SECONDS", with its processor time. The child says "ready"
before it runs untrusted code, so nothing can take that back.

On Linux the supervisor adopts orphans, so that a grandchild which starts its own session does not get away,
and the child dies with its supervisor. Elsewhere only the process group is killed.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import contextlib
import ctypes
import math
import os
import resource
import select
import signal
import sys
from typing import NamedTuple

from .closed_memory import close_memory
from .out_of_memory import go_first
from .stopwatch import Stopwatch

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
OWN_FOLDER = "dropout-"
"""Prefix of the names of working folders."""
ON_LINUX = sys.platform == "linux"


class Ended(NamedTuple):
    """A process that has ended and is reaped."""

    status: int
    """Exit status; if negative, the signal that ended it."""
    processor: float
    """Seconds on a processor in its whole life, with those of its own children that it waited for."""


def main(arguments: list[str]) -> None:
    """Fork, watch, clean up, report."""
    wake = wake_on_child()
    adopt_orphans()
    close_memory()
    supervisor = os.getpid()
    child = os.fork()
    if child == 0:
        _become_child(supervisor, wake, arguments)
        return
    ended = watch(child, wake, lifeline=0)
    if ended is None:
        ended = kill(child)
        kill_what_it_started(child)
        if not os.read(0, 1):
            _remove_folder()
    else:
        kill_what_it_started(child)
    how = "exited" if ended.status >= 0 else "killed"
    with contextlib.suppress(BrokenPipeError):
        os.write(1, f"ended {how} {abs(ended.status)} {ended.processor:.6f}\n".encode())


def adopt_orphans() -> None:
    """Become the parent of every process below us whose own parent ends. Only Linux has this."""
    if ON_LINUX:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _remove_folder() -> None:
    """Remove the working folder, as nobody is left to do it: the lifeline closed without a word. Not one that was there
    before."""
    import shutil

    if not os.path.basename(os.getcwd()).startswith(OWN_FOLDER):  # noqa: PTH109, PTH119  no need of pathlib
        return
    with contextlib.suppress(OSError, RecursionError):
        shutil.rmtree(os.getcwd(), ignore_errors=True)  # noqa: PTH109  no need of pathlib


def wake_on_child() -> tuple[int, int]:
    """A pipe that becomes readable when a child process ends."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return reader, writer


def forget_wake() -> None:
    """In a fork: give back what `wake_on_child` took, but for the pipe, which is closed with all else."""
    signal.set_wakeup_fd(-1)
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)  # without enumerations, which cost much in a fork


def _become_child(supervisor: int, wake: tuple[int, int], arguments: list[str]) -> None:
    """In the fork: give back what is the supervisor's, and be the child."""
    forget_wake()
    for descriptor in wake:
        os.close(descriptor)
    os.setsid()
    if ON_LINUX:
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != supervisor:  # it died before the line above
            os._exit(1)
        from .unprivileged import give_up_capabilities

        go_first()
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        give_up_capabilities(read_all=False)
    from .child import got_ready
    from .unseen import take

    steps = got_ready(arguments)
    del got_ready  # hidden from the code
    take(steps)


def watch(
    child: int, wake: tuple[int, int], lifeline: int, stopwatch: Stopwatch | None = None
) -> Ended | None:
    """Wait for the child to end. How it did, or `None` if it still runs when the lifeline is cut, or when the
    stopwatch, if there is one, says that it has had too much of something.

    Adopted orphans that end meanwhile are reaped.
    """
    poll = select.poll()
    poll.register(lifeline, select.POLLIN)
    poll.register(wake[0], select.POLLIN)
    while True:
        left = None if stopwatch is None else math.ceil(1000 * stopwatch.seconds_left())
        ready = [descriptor for descriptor, _ in poll.poll(left)]
        if lifeline in ready or (stopwatch is not None and left == 0 and stopwatch.look() is not None):
            return None
        with contextlib.suppress(BlockingIOError):
            os.read(wake[0], 512)
        while True:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid == child:
                return _ended(status, usage)
            if pid == 0:
                break


def kill(child: int) -> Ended:
    """Kill and reap the child."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)  # by itself: it may not lead a group yet
    _, status, usage = os.wait4(child, 0)
    return _ended(status, usage)


def _ended(status: int, usage: resource.struct_rusage) -> Ended:
    return Ended(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime)


def kill_what_it_started(group: int) -> None:
    """Kill what is left of the child's process group and, on Linux, every process that descends from the child."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    while orphans := _children():
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        for pid in orphans:  # once reaped, its own children have become ours, and the next round sees them
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _children() -> set[int]:
    """Child processes of this one; none where the system does not tell."""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:  # usually there are none, and this is the fastest way to know
        return set()
    try:
        listing = os.open(f"/proc/self/task/{os.getpid()}/children", os.O_RDONLY)
    except OSError:
        return set()
    try:
        return {int(pid) for pid in os.read(listing, 65_536).split()}
    finally:
        os.close(listing)
