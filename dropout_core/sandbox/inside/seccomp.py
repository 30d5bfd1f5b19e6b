"""Seccomp: the process may make the system calls on a list, and no others.

The filter is a small program that the kernel runs before each call (classic BPF). Refused calls fail with
EPERM, so that honest code gets an exception that says so; a call by the rules of another architecture kills.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from collections.abc import Collection, Mapping

from . import syscalls
from .kernel import prepared_prctl

_PR_SET_SECCOMP = 22
_MODE_FILTER = 2

_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in the data about the call

_ALLOW = 0x7FFF0000
_KILL = 0x80000000
_REFUSE = 0x00050000 | errno.EPERM
_UNKNOWN = 0x00050000 | errno.ENOSYS
"""Calls whose arguments cannot be checked; the C library falls back to older ones."""

_OPENS_FOR_MORE_THAN_READING = 0o3 | 0o100 | 0o1000 | 0o20000000
"""Access modes other than ``O_RDONLY``; ``O_CREAT``, ``O_TRUNC``, and the bit of ``O_TMPFILE``."""
_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5450, 0x5451)  # is it a terminal, its size; bytes to read; close on exec
_FCNTLS = (0, 1, 2, 3, 4, 1030)  # duplicate, and flags

_ITSELF = 0xFFFFFFFF
"""Placeholder for the process id, which is known last."""

_NUMBERS = 512
"""Calls with this number or a higher one are refused; those of x32 are among them."""
_COMPARED = 32
"""Number of neighbouring call numbers that are compared one by one."""
_ALL_BITS = 0xFFFFFFFF

_Rule = list[tuple[int, int, int, int]]


class Filter:
    """The filter program, prepared once. Each process puts it in force for itself."""

    def __init__(self, architecture: str) -> None:
        """`architecture` as `os.uname` says.

        Raises:
            OSError: its system calls are not known.
        """
        if architecture not in syscalls.ARCHITECTURES:
            raise OSError(errno.ENOSYS, f"the system calls of {architecture} are not known")
        instructions = _program(architecture)
        packed = b"".join(struct.pack("<HBBI", *instruction) for instruction in instructions)
        self._buffer = ctypes.create_string_buffer(packed, len(packed))
        self._header = ctypes.create_string_buffer(
            struct.pack("@HP", len(instructions), ctypes.addressof(self._buffer)), 16
        )
        self._own_number = [8 * at + 4 for at, one in enumerate(instructions) if one[3] == _ITSELF]
        self._restrict = prepared_prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(self._header))

    def program(self, pid: int) -> bytes:
        """Instructions for the process `pid`, which may signal itself."""
        for offset in self._own_number:
            struct.pack_into("<I", self._buffer, offset, pid)
        return self._buffer.raw

    def restrict(self, pid: int) -> None:
        """Put the filter in force for this process, whose number is `pid`. Needs no-new-privileges.

        Raises:
            OSError: the kernel refuses it.
        """
        for offset in self._own_number:
            struct.pack_into("<I", self._buffer, offset, pid)
        self._restrict()


def _program(architecture: str) -> _Rule:
    rules: dict[str, _Rule] = {
        "open": _no_bit(1, _OPENS_FOR_MORE_THAN_READING),
        "openat": _no_bit(2, _OPENS_FOR_MORE_THAN_READING),
        "kill": _one_of(0, (_ITSELF,)),
        "tgkill": _one_of(0, (_ITSELF,)),
        "ioctl": _one_of(1, _IOCTLS),
        "fcntl": _one_of(1, _FCNTLS),
        "prlimit64": _only_own_limits_and_only_read,
        "openat2": [(_RETURN, 0, 0, _UNKNOWN)],
        "clone3": [(_RETURN, 0, 0, _UNKNOWN)],
    }
    ruled = {number: rule for name, rule in rules.items() for number in syscalls.ruled(name, architecture)}
    return [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, syscalls.ARCHITECTURES[architecture]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_ANY_BIT, 0, 1, _ALL_BITS & -_NUMBERS),
        (_RETURN, 0, 0, _REFUSE),
        *_choice(syscalls.allowed(architecture), ruled, range(_NUMBERS)),
    ]


def _choice(allowed: Collection[int], ruled: Mapping[int, _Rule], numbers: range) -> _Rule:
    """What is done about the calls with these numbers: halved by one bit after the other, and then compared.

    To have the kernel compare each number with all that are allowed, which it does in advance for every process
    that puts a filter in force, would take longer than all the other layers.
    """
    half = len(numbers) // 2
    if half >= _COMPARED:
        lower, upper = _choice(allowed, ruled, numbers[:half]), _choice(allowed, ruled, numbers[half:])
        return [(_ANY_BIT, len(lower), 0, half), *lower, *upper]
    rules: _Rule = []
    for number in numbers:
        if number in ruled:
            rules += [(_EQUAL, 0, len(ruled[number]), number), *ruled[number]]
    here = [number for number in numbers if number in allowed]
    equal: _Rule = [(_EQUAL, len(here) - place, 0, number) for place, number in enumerate(here)]
    return [*rules, *equal, (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]


def _argument(index: int, *, upper: bool = False) -> tuple[int, int, int, int]:
    """Load half of an argument. The kernel looks only at the lower half of an `int`."""
    return _LOAD, 0, 0, _ARGUMENTS + 8 * index + (4 if upper else 0)


def _no_bit(index: int, mask: int) -> _Rule:
    return [_argument(index), (_ANY_BIT, 0, 1, mask), (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]


def _one_of(index: int, values: tuple[int, ...]) -> _Rule:
    tests = [test for value in values for test in ((_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW))]
    return [_argument(index), *tests, (_RETURN, 0, 0, _REFUSE)]


_only_own_limits_and_only_read: _Rule = [
    _argument(0),  # the process: 0 is itself
    (_EQUAL, 0, 5, 0),
    _argument(2),  # the new limits
    (_EQUAL, 0, 3, 0),
    _argument(2, upper=True),
    (_EQUAL, 0, 1, 0),
    (_RETURN, 0, 0, _ALLOW),
    (_RETURN, 0, 0, _REFUSE),
]
