"""Landlock: the process may read the folders it is given, and open nothing else, whoever its user is.

It may write and run nothing, open and accept no TCP connection (from version 4 of the interface on), and send
no signal out of the sandbox (from version 6 on). The rules are made once; each child only puts them in force.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Callable, Iterable

from .kernel import pointer_to, prepared_syscall, syscall

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION = 1
_PATH_BENEATH = 1

_READ_FILE = 1 << 2
_READ_FOLDER = 1 << 3
_FILES_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}  # by the version that brought them
_TCP_RIGHTS = {4: 0b11}  # bind, connect
_SCOPES = {6: 0b11}  # abstract Unix sockets, signals


def version() -> int:
    """The version of the kernel's interface.

    Raises:
        OSError: the kernel has no Landlock, or it is switched off.
    """
    return syscall(CREATE_RULESET, 0, 0, _VERSION)


def ruleset(readable: Iterable[str], listable: Iterable[str] = ()) -> int:
    """A descriptor of rules that let these files, and all in these folders, be read, and the folders that are only
    `listable` be listed. Those that cannot be found are left out.

    Raises:
        OSError: the kernel has no Landlock, or it is switched off.
    """
    known = version()
    handled = [_up_to(known, rights) for rights in (_FILES_RIGHTS, _TCP_RIGHTS, _SCOPES)]
    size = 8 * (1 if known < 4 else 2 if known < 6 else 3)
    attributes = ctypes.create_string_buffer(struct.pack("<QQQ", *handled), 24)
    descriptor = syscall(CREATE_RULESET, pointer_to(attributes), size, 0)
    named = [(path, _READ_FILE | _READ_FOLDER) for path in readable]
    for path, rights in [*named, *((path, _READ_FOLDER) for path in listable)]:
        try:
            found = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            _allow(descriptor, found, rights)
        finally:
            os.close(found)
    return descriptor


def prepared(descriptor: int) -> Callable[[], None]:
    """Puts the rules in force for the process that calls it, for good. Needs no-new-privileges.

    What is given raises `OSError` when they are refused.
    """
    return prepared_syscall(RESTRICT_SELF, descriptor, 0)


def _up_to(version: int, rights: dict[int, int]) -> int:
    return sum(bits for since, bits in rights.items() if since <= version)


def _allow(descriptor: int, found: int, rights: int) -> None:
    if not stat.S_ISDIR(os.fstat(found).st_mode):
        rights &= ~_READ_FOLDER
    rule = ctypes.create_string_buffer(struct.pack("<Qi", rights, found), 12)
    syscall(ADD_RULE, descriptor, _PATH_BENEATH, pointer_to(rule), 0)
