"""The warm process: NumPy is loaded, and each piece of untrusted code runs in a fork of it.

It is told of each piece over a socket: how many seconds it has, with three descriptors – the request, the
result, and a lifeline. When anything arrives on the lifeline, or its other end closes, the child is killed. It
answers with how the child ended, once nothing of it runs any more. It reads neither requests nor results: what
it holds, every later child would inherit. It ends when the socket closes.

Imports nothing of the project; see `launch`.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import socket
import sys
import time
from dataclasses import dataclass
from os import _exit
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from . import child as answer
from .layers import Layers
from .supervisor import adopt_orphans, forget_wake, kill, kill_what_it_started, wake_on_child, watch

PRELOADED = (
    *("numpy.random", "numpy.linalg", "numpy.fft", "numpy.ma", "numpy.polynomial", "numpy.typing"),
    *("contextlib", "dataclasses", "datetime", "functools", "itertools", "linecache", "logging", "platform"),
    *("random", "secrets", "tracemalloc", "traceback", "typing", "warnings", "zlib", "zoneinfo"),
)
"""Imported once: in a child each would count as the code's time, and take it for every piece of code."""
READY = b"ready"
LONGEST_REASON = 1000


class Spare(NamedTuple):
    """A child that waits for what to run."""

    pid: int
    line: socket.socket
    """On which it gets the request and the result."""


@dataclass(frozen=True, slots=True)
class Warm:
    """What the children inherit."""

    layers: Layers
    mapped: int | None
    """The bytes of memory that they have mapped to begin with."""
    wake: tuple[int, int]
    ready: tuple[int, int]
    """A pipe. What a child writes into it before it runs untrusted code cannot be taken back."""


def main(arguments: list[str]) -> None:
    """Get ready, say so, and serve."""
    control = socket.socket(fileno=int(arguments[0]))
    numpy_folder = arguments[1]
    answer.import_numpy(numpy_folder)
    for name in PRELOADED:
        importlib.import_module(name)
    _warm_up()
    if (threads := len(list(Path("/proc/self/task").iterdir()))) != 1:
        sys.exit(f"the warm process has {threads} threads, and cannot be forked")
    adopt_orphans()
    layers = Layers(arguments[2:], numpy_folder)
    layers.rehearse()
    ready = os.pipe()
    os.set_blocking(ready[0], False)
    warm = Warm(layers, answer.mapped_memory(), wake_on_child(), ready)
    answer.silence()
    control.send(json.dumps({"missing": layers.missing}).encode())
    while True:
        spare = _forked(warm)
        message, descriptors, _, _ = socket.recv_fds(control, 64, 3)
        if not message:
            break
        ending = _seen_to_its_end(warm, spare, float(message), descriptors)
        control.send(json.dumps(ending).encode())
    kill(spare.pid)


def _warm_up() -> None:
    """Have the libraries below NumPy set up what they set up when first used."""
    import numpy as np

    matrix = np.ones((64, 64))
    np.linalg.norm(matrix @ matrix.T)
    np.random.default_rng(0).random(1)


def _forked(warm: Warm) -> Spare:
    """A new child, made before there is anything to run: that takes as long as all else together."""
    parent = os.getpid()
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        _become_child(warm, parent, theirs)
    theirs.close()
    return Spare(pid, ours)


def _seen_to_its_end(warm: Warm, spare: Spare, seconds: float, descriptors: list[int]) -> dict[str, Any]:
    """Have the child run one piece of code. How it ended, when nothing of it runs any more."""
    request, result, lifeline = descriptors
    deadline = time.monotonic() + seconds
    with spare.line, contextlib.suppress(OSError):  # when it is dead already, that is seen below
        socket.send_fds(spare.line, [b"run"], [request, result])
    status = watch(spare.pid, warm.wake, lifeline, seconds)
    timed_out = status is None and time.monotonic() >= deadline
    if status is None:
        status = kill(spare.pid)
    kill_what_it_started(spare.pid)
    for descriptor in descriptors:
        os.close(descriptor)
    return {"status": status, "timed_out": timed_out, "said": _said(warm.ready[0])}


def _said(reader: int) -> str:
    """What the child wrote into the pipe before it ran untrusted code: that it was ready, or why it was not."""
    try:
        return os.read(reader, LONGEST_REASON).decode("utf-8", "replace")
    except BlockingIOError:
        return ""


def _become_child(warm: Warm, parent: int, line: socket.socket) -> NoReturn:
    """In the fork: put the layers in force, read the request, say that all is ready, and run the code."""
    ready = warm.ready[1]
    try:
        forget_wake(warm.wake)
        os.setsid()
        warm.layers.enclose(parent)
        _, (request, result), _, _ = socket.recv_fds(line, 64, 2)
        head, arrays = answer.read_request(request)
        answer.limit(warm.mapped, **head["limits"])
        line.detach()
        warm.layers.close((result, ready))
        os.write(ready, READY)
        os.close(ready)
    except BaseException as error:
        os.write(ready, f"{type(error).__name__}: {error}".encode("utf-8", "replace")[:LONGEST_REASON])
        _exit(1)
    try:
        answer.run(head, arrays, answer.Results(result))
    finally:
        _exit(1)  # whatever the code made of `os._exit`, nothing of what follows runs in its process
