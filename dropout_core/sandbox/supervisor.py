"""Starts the process of the untrusted code, outlives it, and leaves nothing of it running.

A stand-alone script: it imports nothing of this project.

    python supervisor.py CHILD_SCRIPT [ARGUMENT ...]

It forks, and runs CHILD_SCRIPT in the fork, which is the leader of a session and process group of its own.
Standard input is the lifeline: when anything arrives on it, or its other end closes because whoever held it
died, everything is killed. Standard output carries the report: first the child's "ready" line, in the end
"ended exited STATUS" or "ended killed SIGNAL". The child says "ready" before it runs untrusted code, so
nothing can take that back.

On Linux the supervisor adopts orphans, so that a grandchild which starts its own session does not get away,
and the child dies with its supervisor. Elsewhere only the process group is killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import runpy
import select
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
ON_LINUX = sys.platform == "linux"


def main() -> None:
    """Fork, watch, clean up, report."""
    wake = _wake_on_child()
    if ON_LINUX:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    supervisor = os.getpid()
    child = os.fork()
    if child == 0:
        _become_child(supervisor, wake)
        return
    status = _watch(child, wake)
    if status is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)  # by itself too: it may not lead a group yet
        _, killed = os.waitpid(child, 0)
        _kill_what_it_started(child)
        if not os.read(0, 1):
            _remove_folder()
        status = os.waitstatus_to_exitcode(killed)
    else:
        _kill_what_it_started(child)
    how = "exited" if status >= 0 else "killed"
    with contextlib.suppress(BrokenPipeError):
        os.write(1, f"ended {how} {abs(status)}\n".encode())


def _remove_folder() -> None:
    """Remove the working folder, as nobody is left to do it: the lifeline closed without a word."""
    import shutil

    with contextlib.suppress(OSError, RecursionError):
        shutil.rmtree(os.getcwd(), ignore_errors=True)  # noqa: PTH109  no need of pathlib


def _wake_on_child() -> tuple[int, int]:
    """A pipe that becomes readable when a child process ends."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return reader, writer


def _become_child(supervisor: int, wake: tuple[int, int]) -> None:
    """In the fork: give back what is the supervisor's, and run the child's script as `__main__`."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for descriptor in wake:
        os.close(descriptor)
    os.setsid()
    if ON_LINUX:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != supervisor:  # it died before the line above
            os._exit(1)
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")


def _watch(child: int, wake: tuple[int, int]) -> int | None:
    """Wait for the child to end, or the lifeline to be cut. The child's exit status, or `None` if it still
    runs.

    Adopted orphans that end meanwhile are reaped.
    """
    poll = select.poll()
    poll.register(0, select.POLLIN)
    poll.register(wake[0], select.POLLIN)
    while True:
        ready = [descriptor for descriptor, _ in poll.poll()]
        if 0 in ready:
            return None
        with contextlib.suppress(BlockingIOError):
            os.read(wake[0], 512)
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == child:
                return os.waitstatus_to_exitcode(status)
            if pid == 0:
                break


def _kill_what_it_started(group: int) -> None:
    """Kill what is left of the child's process group and, on Linux, every process that descends from the
    child."""
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
    """The processes whose parent we are; none where the system does not tell."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", "rb") as listing:  # noqa: PTH123  no need of pathlib
            return {int(pid) for pid in listing.read().split()}
    except OSError:
        return set()


if __name__ == "__main__":
    main()
