"""System calls of Linux without a function in Python.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Callable

_libc = ctypes.CDLL(None, use_errno=True)


def prctl(option: int, *arguments: int) -> None:
    """``prctl(2)``; arguments that are not given are 0.

    Raises:
        OSError: it was refused.
    """
    prepared_prctl(option, *arguments)()


def prepared_prctl(option: int, *arguments: int) -> Callable[[], None]:
    """`prctl` with these arguments, for a fork: to convert them there would copy pages that it shares.

    What is given raises `OSError` when it is refused.
    """
    padded = (*arguments, 0, 0, 0, 0)[:4]
    converted = [ctypes.c_int(option), *map(ctypes.c_ulong, padded)]
    return functools.partial(_make, "prctl", _libc.prctl, *converted)


def prepared_syscall(number: int, *arguments: int) -> Callable[[], None]:
    """`syscall` with these arguments, in the same way."""
    return functools.partial(
        _make, f"system call {number}", _libc.syscall, *map(ctypes.c_long, (number, *arguments))
    )


def syscall(number: int, *arguments: int | ctypes.c_void_p) -> int:
    """``syscall(2)``.

    Raises:
        OSError: it was refused.
    """
    converted = (ctypes.c_long(value) if isinstance(value, int) else value for value in arguments)
    return _checked(f"system call {number}", _libc.syscall(ctypes.c_long(number), *converted))


def pointer_to(value: ctypes.Structure | ctypes.Array[ctypes.c_char]) -> ctypes.c_void_p:
    """Address of `value`, for a call while it lives."""
    return ctypes.cast(ctypes.byref(value), ctypes.c_void_p)


def prepared_capabilities(permitted: int) -> Callable[[], None]:
    """Keeps these capabilities (a set of bits, of the first 32) in force, and no other, in the same way."""
    header = ctypes.create_string_buffer(_CAPABILITY_VERSION_3.to_bytes(4, "little") + bytes(4), 8)
    low = permitted.to_bytes(4, "little")
    data = ctypes.create_string_buffer(low + low + bytes(16), 24)  # effective, permitted, inheritable
    return functools.partial(_make, "capset", _libc.capset, header, data)


def permitted_capabilities() -> int:
    """Capabilities that this process may have in force, as a set of bits.

    Raises:
        OSError: it was refused.
    """
    header = ctypes.create_string_buffer(_CAPABILITY_VERSION_3.to_bytes(4, "little") + bytes(4), 8)
    data = ctypes.create_string_buffer(24)
    _make("capget", _libc.capget, header, data)
    low, high = data.raw[4:8], data.raw[16:20]
    return int.from_bytes(low + high, "little")


_CAPABILITY_VERSION_3 = 0x20080522


def _make(what: str, function: Callable[..., int], *arguments: object) -> None:
    _checked(what, function(*arguments))


def _checked(what: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
