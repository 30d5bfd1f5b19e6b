"""Calls to Linux for which Python has no function.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)


def prctl(option: int, *arguments: int) -> int:
    """``prctl(2)``; arguments that are not given are 0.

    Raises:
        OSError: it was refused.
    """
    padded = (*arguments, 0, 0, 0, 0)[:4]
    return _checked("prctl", _libc.prctl(option, *map(ctypes.c_ulong, padded)))


def syscall(number: int, *arguments: int | ctypes.c_void_p) -> int:
    """``syscall(2)``.

    Raises:
        OSError: it was refused.
    """
    converted = (ctypes.c_long(value) if isinstance(value, int) else value for value in arguments)
    return _checked(f"system call {number}", _libc.syscall(ctypes.c_long(number), *converted))


def pointer_to(value: ctypes.Structure | ctypes.Array[ctypes.c_char]) -> ctypes.c_void_p:
    """The address of `value`, for a call while it lives."""
    return ctypes.cast(ctypes.byref(value), ctypes.c_void_p)


def set_capabilities(permitted: int) -> None:
    """Keep these capabilities (a set of bits, of the first 32) in force, and no other.

    Raises:
        OSError: they are not ours to keep.
    """
    header = ctypes.create_string_buffer(_CAPABILITY_VERSION_3.to_bytes(4, "little") + bytes(4), 8)
    low = permitted.to_bytes(4, "little")
    data = ctypes.create_string_buffer(low + low + bytes(16), 24)  # effective, permitted, inheritable
    _checked("capset", _libc.capset(header, data))


_CAPABILITY_VERSION_3 = 0x20080522


def _checked(what: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
