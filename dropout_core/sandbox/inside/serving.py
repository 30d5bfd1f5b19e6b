"""Warm process: NumPy is loaded, and each piece of untrusted code runs in a fork of it.

It is told of each piece over a socket: how many seconds it has (on a processor, on the clock, and waiting for a
processor), with three descriptors – the request, the result, and a lifeline. When anything arrives on the lifeline, or
its other end closes, the child is killed. It answers with how the child ended, and what it had too much of, once
nothing of it runs any more. It reads neither requests nor results: what
it holds, every later child would inherit. It ends when the socket closes.

Imports nothing of the project; see `launch`.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import _exit
from typing import NamedTuple, NoReturn

from . import child as answer
from .closed_memory import close_memory
from .layers import Layers
from .out_of_memory import go_first
from .stopwatch import NOTHING, Allowed, Stopwatch
from .supervisor import adopt_orphans, forget_wake, kill, kill_what_it_started, wake_on_child, watch
from .unseen import take

READY = b"ready"
LONGEST_REASON = 1000
LONGEST_MESSAGE = 256
TWO_DESCRIPTORS, THREE_DESCRIPTORS = struct.Struct("2i"), struct.Struct("3i")


class Spare(NamedTuple):
    """A child that waits for a request."""

    pid: int
    line: socket.socket
    """Socket on which it gets the request and the result."""


@dataclass(frozen=True, slots=True)
class Warm:
    """State that the children inherit."""

    layers: Layers
    mapped: int | None
    """Bytes of memory that they have mapped to begin with."""
    wake: tuple[int, int]
    ready: tuple[int, int]
    """A pipe. A child's message in it is written before untrusted code runs, so that cannot take it back."""
    warm_up: Callable[[], None]
    """Warm-up that each child does before it waits for a request."""


def serve(descriptor: int, layers: Layers, warm_up: Callable[[], None]) -> None:
    """Say that all is ready, and have each piece of code run that is sent over the socket `descriptor`."""
    control = socket.socket(fileno=descriptor)
    close_memory()
    adopt_orphans()
    layers.rehearse()
    ready = os.pipe()
    os.set_blocking(ready[0], False)
    warm = Warm(layers, answer.mapped_memory(), wake_on_child(), ready, warm_up)
    answer.silence()
    control.send(json.dumps({"missing": layers.missing}).encode())
    gc.collect()
    gc.freeze()
    while True:
        spare = _forked(warm)
        message, descriptors = received(control, THREE_DESCRIPTORS)
        if not message:
            break
        control.send(_seen_to_its_end(warm, spare, _allowed(message), descriptors))
        os.sched_yield()  # so that the receiver of the answer need not wait for the fork
    kill(spare.pid)


def _forked(warm: Warm) -> Spare:
    """A new child, made before there is anything to run: that takes as long as all else together."""
    parent = os.getpid()
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        _become_child(warm, parent, theirs)
    theirs.close()
    return Spare(pid, ours)


def _allowed(message: bytes) -> Allowed:
    processor, clock, patience = map(float, message.split())
    return Allowed(processor, clock, patience)


def _seen_to_its_end(warm: Warm, spare: Spare, allowed: Allowed, descriptors: Sequence[int]) -> bytes:
    """Have the child run one piece of code, and return how it ended once nothing of it runs any more."""
    request, result, lifeline = descriptors
    stopwatch = Stopwatch(spare.pid, allowed)
    with spare.line, contextlib.suppress(OSError):  # a dead child is detected below
        send(spare.line, b"run", TWO_DESCRIPTORS, request, result)
    ended = watch(spare.pid, warm.wake, lifeline, stopwatch)
    if ended is None:
        ended = kill(spare.pid)
    kill_what_it_started(spare.pid)
    for descriptor in descriptors:
        os.close(descriptor)
    over = stopwatch.conclusion(ended.processor) or NOTHING
    return f"{ended.status} {over} ".encode() + _said(warm.ready[0])


def send(line: socket.socket, message: bytes, form: struct.Struct, *descriptors: int) -> None:
    """Send a message, and the descriptors with it."""
    line.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, form.pack(*descriptors))])


def received(line: socket.socket, form: struct.Struct) -> tuple[bytes, tuple[int, ...]]:
    """A message, and the descriptors that come with it; empty at the end."""
    message, ancillary, _, _ = line.recvmsg(LONGEST_MESSAGE, socket.CMSG_SPACE(form.size))
    return message, form.unpack(ancillary[0][2]) if message else ()


def _said(reader: int) -> bytes:
    """Message of the child before it ran untrusted code: that it was ready, or why it was not."""
    try:
        return os.read(reader, LONGEST_REASON)
    except BlockingIOError:
        return b""


def _become_child(warm: Warm, parent: int, line: socket.socket) -> NoReturn:
    """In the fork: put the layers in force, read the request, say that all is ready, and run the code.

    Whatever is touched for the first time here must be copied, a page at a time, for every piece of code; so that is
    done while there is nothing to run.
    """
    ready = warm.ready[1]
    try:
        forget_wake()
        os.setsid()
        go_first()
        warm.layers.enclose(parent)
        warm.warm_up()
        _, (request, result) = received(line, TWO_DESCRIPTORS)
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
        steps = answer.prepared(head, arrays, answer.Results(result))
        del head, arrays, globals()["answer"]  # hidden from the code
        take(steps)
    finally:
        _exit(1)  # even if the code replaced `os._exit`, nothing below runs in its process
