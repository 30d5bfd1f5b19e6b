"""Tries what untrusted code must not be able to do, and prints which of it was refused.

Its text is run in the sandbox, as a snippet like any other; see `isolation`. The order is that in which it is
safe to try: a program that is run replaces this one, and its line is then missing.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import socket
import sys

_REFUSED = (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EAGAIN)
_PTRACE_SEIZE = 0x4206


def try_all(harness: int, folder: str) -> None:
    """Try everything, against the process `harness`, and a `folder` open to all with a file named
    ``readable``. Prints a line of JSON for each: its name, and whether it was refused."""
    attempts = {
        "read_file": lambda: os.close(os.open(f"{folder}/readable", os.O_RDONLY)),
        "read_environment": lambda: os.close(os.open(f"/proc/{harness}/environ", os.O_RDONLY)),
        "write_file": lambda: os.close(os.open(f"{folder}/written", os.O_WRONLY | os.O_CREAT)),
        "connect": lambda: _send(socket.SOCK_STREAM),
        "send_datagram": lambda: _send(socket.SOCK_DGRAM),
        "signal": lambda: os.kill(harness, 0),
        "trace": lambda: _trace(harness),
        "limit": lambda: resource.prlimit(harness, resource.RLIMIT_NOFILE),
        "start_process": _fork,
        "run_program": lambda: os.execv(sys.executable, [sys.executable, "-S", "-c", ""]),
    }
    for name, attempt in attempts.items():
        print(json.dumps([name, _is_refused(attempt)]), flush=True)


def _is_refused(attempt: object) -> bool:
    try:
        attempt()  # type: ignore[operator]
    except OSError as error:
        return error.errno in _REFUSED
    return False


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
