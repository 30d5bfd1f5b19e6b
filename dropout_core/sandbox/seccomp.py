"""Seccomp: the process may make the system calls of a list, and no others.

The filter is a small program that the kernel runs before each call (classic BPF). Refused calls fail with
EPERM, so that honest code gets an exception that says so; a call by the rules of another architecture kills.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from collections.abc import Iterator

from . import syscalls
from .kernel import pointer_to, prctl

_PR_SET_SECCOMP = 22
_MODE_FILTER = 2

_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in the data about the call

_ALLOW = 0x7FFF0000
_KILL = 0x80000000
_REFUSE = 0x00050000 | errno.EPERM
_UNKNOWN = 0x00050000 | errno.ENOSYS
"""For calls that the C library replaces by older ones, whose arguments can be looked at."""

_OPENS_FOR_MORE_THAN_READING = 0o3 | 0o100 | 0o1000 | 0o20000000
"""The access mode but for ``O_RDONLY``; ``O_CREAT``, ``O_TRUNC``, and the bit that makes ``O_TMPFILE``."""
_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5450, 0x5451)  # is it a terminal, its size; bytes to read; close on exec
_FCNTLS = (0, 1, 2, 3, 4, 1030)  # duplicate, and flags

_ITSELF = 0xFFFFFFFF
"""Stands for the number of the process, which is known last."""

_Rule = list[tuple[int, int, int, int]]


class Filter:
    """The program, made ready once. Each process puts it in force for itself."""

    def __init__(self, architecture: str) -> None:
        """`architecture` as `os.uname` says.

        Raises:
            OSError: its system calls are not known.
        """
        if architecture not in syscalls.ARCHITECTURES:
            raise OSError(errno.ENOSYS, f"the system calls of {architecture} are not known")
        self._architecture = architecture
        packed = b"".join(struct.pack("<HBBI", *instruction) for instruction in self._instructions())
        self._parts = packed.split(struct.pack("<HBBI", _EQUAL, 0, 1, _ITSELF))

    def program(self, pid: int) -> bytes:
        """The instructions for the process `pid`, which may signal itself."""
        return struct.pack("<HBBI", _EQUAL, 0, 1, pid).join(self._parts)

    def restrict(self, pid: int) -> None:
        """Put the filter in force for this process, whose number is `pid`. Needs no-new-privileges.

        Raises:
            OSError: the kernel refuses it.
        """
        program = self.program(pid)
        buffer = ctypes.create_string_buffer(program, len(program))
        address = ctypes.addressof(buffer)
        header = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, address), 16)
        pointer = pointer_to(header).value
        assert pointer is not None
        prctl(_PR_SET_SECCOMP, _MODE_FILTER, pointer)

    def _instructions(self) -> Iterator[tuple[int, int, int, int]]:
        yield _LOAD, 0, 0, _ARCHITECTURE
        yield _EQUAL, 1, 0, syscalls.ARCHITECTURES[self._architecture]
        yield _RETURN, 0, 0, _KILL
        yield _LOAD, 0, 0, _NUMBER
        for number in syscalls.allowed(self._architecture):
            yield _EQUAL, 0, 1, number
            yield _RETURN, 0, 0, _ALLOW
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
        for name, rule in rules.items():
            for number in syscalls.ruled(name, self._architecture):
                yield _EQUAL, 0, len(rule), number
                yield from rule
        yield _RETURN, 0, 0, _REFUSE


def _argument(index: int, *, upper: bool = False) -> tuple[int, int, int, int]:
    """Load half of an argument. The kernel looks at the lower half only of what is an `int`."""
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
