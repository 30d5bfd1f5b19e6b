"""Keeps the API keys in the environment from other processes.

What a process was started with stays in its memory, for other processes of the user to read below ``/proc``, and is
handed to every program that it starts. From here on the keys are in `os.environ` alone, where what asks for them looks.
"""

from __future__ import annotations

import contextlib
import ctypes
import os

from dropout_core.values.known_secrets import HEADERS, KEY_NAMES

_PR_SET_DUMPABLE = 4
"""Of Linux: whether other processes of the user may look into this one."""
KEYS = (*KEY_NAMES, *HEADERS)


def keep_keys_private() -> None:
    """Close the memory of this process to others, and erase the API keys where they could be read."""
    with contextlib.suppress(AttributeError):  # elsewhere the C library has no such function
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    for name in KEYS:
        if name in os.environ:
            _blank(os.fsencode(name))
            os.unsetenv(name)


def _blank(name: bytes) -> None:
    """Overwrite the value in what the process was started with, however often it is there."""
    libc = ctypes.CDLL(None)
    with contextlib.suppress(ValueError):  # a system where this has another name
        entries = ctypes.POINTER(ctypes.c_void_p).in_dll(libc, "environ")
        place = 0
        while address := entries[place]:
            entry = ctypes.string_at(address)
            if entry.startswith(name + b"="):
                ctypes.memset(address + len(name) + 1, 0, len(entry) - len(name) - 1)
            place += 1
