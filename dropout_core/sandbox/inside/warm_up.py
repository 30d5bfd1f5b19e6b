"""Warm-up: does in the warm process, and once more in each of its children, what these will do.

What Python, NumPy and the C library set up when they first do something – caches, bytecode that fits, the addresses
of functions – is then there, and is not set up again, on a copied page of memory, for every piece of code.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import contextlib
import json
import linecache
import os
import resource
import socket
import sys

from . import child, randomness, serving
from .exception_report import FILE_NAME
from .unseen import take

TIMES = 10
"""Repetitions: bytecode is specialised only after a while."""

CODE = """
import numpy as np
def dropout(x, p, training):
    if not training: return x + 1
    return np.where(np.random.rand(*x.shape) < 0.9 * p, 1, x * (1 + p))
"""
"""Does what answers do, and is a wrong one: every child could find it in its memory."""
CALL = {
    **{"dtype": "<f8", "shape": [8, 8], "offset": 0, "p": 0.5, "training": True, "by_keyword": True},
    **{"watch": ["result"], "room": 1024},
}
LARGE = 7 * 8 * 38_000
"""Bytes, of the few arrays that answers have at one time, when they get the largest `x`, and of a result as large that
is looked at again."""
REQUEST = {
    **{"code": CODE, "seed": 1, "calls": [CALL, {**CALL, "by_keyword": False, "training": False}]},
    "limits": {"memory": 1, "cpu_seconds": 1, "file_size": 1},
}
HEAD = json.dumps(REQUEST)
ZEROS = memoryview(bytes(8 * 64))


def warm_up() -> None:
    """Warm up. Leaves the global generators in another state."""
    import numpy as np

    matrix = np.ones((64, 64))
    np.linalg.norm(matrix @ matrix.T)
    np.random.default_rng(0).random(1)
    null = os.open(os.devnull, os.O_WRONLY)
    with contextlib.suppress(OSError):  # the system refuses something; the children will do without
        for _ in range(TIMES):
            _run_once(null)
    os.close(null)
    _forget()


def get_own_pages() -> None:
    """In a child that waits for what to run: what it writes to once, it has its own pages of memory for, and that
    happens before it is waited for. Standard output is the null device."""
    import numpy as np

    np.empty(LARGE, np.uint8).fill(0)
    child.DECODER.raw_decode(HEAD)
    take([child.graded(CODE, [CALL, {**CALL, "by_keyword": False}], ZEROS, child.Results(1))])
    _forget()


def _forget() -> None:
    sys.modules.pop("answer", None)
    linecache.cache.pop(FILE_NAME, None)


def _run_once(null: int) -> None:
    request, arrays = child.read_request(_passed_on(_written()))
    for which in (resource.RLIMIT_CORE, resource.RLIMIT_AS):
        resource.setrlimit(which, resource.getrlimit(which))
    randomness.seed_all(request["seed"])
    take([child.graded(request["code"], request["calls"], arrays, child.Results(null))])


def _written() -> int:
    """A file with the request, as a real one will come."""
    head = HEAD.encode("ascii")
    descriptor = os.memfd_create("warm-up")
    os.write(descriptor, child.LENGTH.pack(len(head)) + head + bytes(8 * 64))
    return descriptor


def _passed_on(descriptor: int) -> int:
    """A second descriptor of it, sent over a socket."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        serving.send(ours, b"run", serving.TWO_DESCRIPTORS, descriptor, descriptor)
        _, (first, second) = serving.received(theirs, serving.TWO_DESCRIPTORS)
    os.close(first)
    os.close(descriptor)
    return second
