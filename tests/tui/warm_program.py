"""A process that has imported the program, and forks one each time it is asked to: to import it takes two seconds.

`tests.tui.forked_program` starts it and asks. What it forks is a child of whoever started it, with the arguments,
environment, descriptors and signals that it would have been started with.
"""

from __future__ import annotations

import ctypes
import gc
import io
import json
import os
import runpy
import signal
import socket
import sys
from importlib import import_module
from typing import Any

CLONE = {"x86_64": 56, "aarch64": 220}
"""The system call, by machine."""
_CLONE_PARENT = 0x00008000
_LONGEST = 1 << 20
_SET_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
"""Signals that Python ignores from its start."""
# Not NumPy: its threads would be missing in a fork.
_MODULES = (
    "dropout_tui.cli",
    "dropout_tui.commands.run",
    "anthropic",
    "anthropic.resources.messages",
    "aiohttp",
)


def main() -> None:
    """Fork until nobody can ask any more."""
    asked = socket.socket(fileno=int(sys.argv[1]))
    gc.disable()
    for name in _MODULES:
        import_module(name)
    gc.freeze()
    gc.enable()
    while True:
        message, descriptors, _, _ = socket.recv_fds(asked, _LONGEST, 3)
        if not message:
            return
        process = _fork()
        if process == 0:
            asked.close()
            _become(json.loads(message), descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)
        asked.send(str(process).encode())


def _fork() -> int:
    """Like `os.fork`, for a child of this process's own parent, which can then wait for it."""
    python, libc = ctypes.pythonapi, ctypes.PyDLL(None, use_errno=True)
    python.PyOS_BeforeFork()
    process: int = libc.syscall(CLONE[os.uname().machine], _CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0)
    if process == 0:
        python.PyOS_AfterFork_Child()
    else:
        python.PyOS_AfterFork_Parent()
    if process < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return process


def _stream(like: io.TextIOWrapper, number: int) -> io.TextIOWrapper:
    """One of the standard streams, as Python opens it at its start."""
    file = open(number, "wb" if number else "rb", 0 if like.write_through else -1, closefd=False)  # noqa: SIM115
    return io.TextIOWrapper(
        file,
        encoding=like.encoding,
        errors=like.errors,
        newline=None if number == 0 else "\n",
        line_buffering=number == 2 or os.isatty(number),
        write_through=like.write_through,
    )


def _become(start: dict[str, Any], descriptors: list[int]) -> None:
    """Run the program in this process, as it is to be started."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = _stream(getattr(sys, name), number)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    os.environ.clear()
    os.environ.update(start["environment"])
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, *_SET_BY_PYTHON}:
        signal.signal(number, signal.SIG_IGN if number in start["ignored"] else signal.SIG_DFL)
    if signal.SIGINT not in start["ignored"]:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv[1:] = start["arguments"]
    runpy.run_module("dropout_tui", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
