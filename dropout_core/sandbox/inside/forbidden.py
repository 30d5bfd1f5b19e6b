"""Attempts at everything that untrusted code must not be able to do, with a report of which were refused.

Its text is run in the sandbox, as a snippet like any other; see `isolation`. The order is that in which it is
safe to try: a program that is run replaces this one, and its line is then missing.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import resource
import socket
import sys
from collections.abc import Callable, Sequence

_REFUSED = (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EAGAIN, errno.EROFS)
_MORE_THAN_IS_GIVEN = 1 << 36  # bytes
_PTRACE_SEIZE = 0x4206
_NOT_RESERVED = 0x4000
"""``MAP_NORESERVE`` on Linux: pages that are not written to take no memory."""


def try_all(harness: int, readable: str, new: str, grader: Sequence[str]) -> None:
    """Try everything, against the process `harness`, a file that all may read, a file to make where all may, and the
    files of the `grader`. Prints a line of JSON for each: its name, and whether it was refused."""
    attempts: dict[str, Callable[[], object]] = {
        "read_file": lambda: _read(readable),
        "read_grader": lambda: _read_any(grader),
        "read_environment": lambda: _read(f"/proc/{harness}/environ"),
        "write_file": lambda: os.close(os.open(new, os.O_WRONLY | os.O_CREAT)),
        "connect": lambda: _send(socket.SOCK_STREAM),
        "send_datagram": lambda: _send(socket.SOCK_DGRAM),
        "signal": lambda: os.kill(harness, 0),
        "trace": lambda: _trace(harness),
        "use_memory": _use_memory,
        "limit": lambda: resource.prlimit(harness, resource.RLIMIT_NOFILE),
        "start_process": _fork,
        "run_program": lambda: os.execv(sys.executable, [sys.executable, "-S", "-c", ""]),
    }
    for name, attempt in attempts.items():
        print(json.dumps([name, _is_refused(attempt)]), flush=True)


def _is_refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError as error:
        return error.errno in _REFUSED
    return False


def _read(path: str) -> None:
    os.close(os.open(path, os.O_RDONLY))


def _read_any(paths: Sequence[str]) -> None:
    """Read one of these. That it cannot be found, as the sandbox sees it, is a refusal too."""
    for path in paths:
        try:
            return _read(path)
        except OSError:
            continue
    raise PermissionError(errno.EACCES, "none of them can be read")


def _use_memory() -> None:
    try:
        mmap.mmap(-1, _MORE_THAN_IS_GIVEN, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NOT_RESERVED).close()
    except (OSError, MemoryError):
        raise PermissionError(errno.EPERM, "so much memory is not to be had") from None


def _send(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as one:
        one.settimeout(1)
        one.connect(("127.0.0.1", 9))
        one.send(b"x")


def _trace(process: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(_PTRACE_SEIZE, process, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def _fork() -> None:
    if (child := os.fork()) == 0:
        os._exit(0)
    os.waitpid(child, 0)
