"""Grades answers where the system refuses something that is usually there.

    python -m tests.core.bereft [WHAT ...]        each of `WITHOUT`, or these

Prints the verdicts on a right and a wrong answer without each, as JSON.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import json
import multiprocessing
import os
import resource
import struct
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from dropout_core import Grader
from dropout_core.sandbox.inside import kernel, landlock

RIGHT = """
import numpy as np
def dropout(x, p, training):
    if not training or p == 0: return x.copy()
    if p == 1: return np.zeros_like(x)
    return np.where(np.random.random(x.shape) >= p, x / (1 - p), 0).astype(x.dtype)
"""
WRONG = "def dropout(x, p, training): return x"
MEMFD_CREATE, PRLIMIT, LSEEK = 319, 302, 8
SEEK_HOLE = 4
CLONE, CLONE3 = 56, 435
OF_A_THREAD = 0x3D0F00
"""The flags with which the C library of GNU makes one."""
WRITES = (1 << 1) | sum(1 << bit for bit in range(4, 13)) | (1 << 13)
"""Of Landlock: to write, to remove and to make files and folders."""


def refuse(number: int, error: int, argument: int | None = None, value: int = 0) -> None:
    """Have the kernel refuse a system call of x86_64; or only that with this value of an argument."""
    load, equal, answer = 0x20, 0x15, 0x06
    condition = [] if argument is None else [(load, 0, 0, 16 + 8 * argument), (equal, 0, 1, value)]
    program = [
        (load, 0, 0, 0),
        (equal, 0, len(condition) + 1, number),
        *condition,
        (answer, 0, 0, 0x00050000 | error),
        (answer, 0, 0, 0x7FFF0000),
    ]
    packed = b"".join(struct.pack("<HBBI", *one) for one in program)
    buffer = ctypes.create_string_buffer(packed, len(packed))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(buffer)), 16)
    kernel.prctl(38, 1)
    kernel.prctl(22, 2, ctypes.addressof(header))


def write_nowhere() -> None:
    """Have the kernel refuse whatever changes a file or a folder, but for those of devices."""
    attributes = ctypes.create_string_buffer(struct.pack("<Q", WRITES), 8)
    rules = kernel.syscall(landlock.CREATE_RULESET, kernel.pointer_to(attributes), 8, 0)
    for device in ("/dev/null", "/dev/tty"):
        opened = os.open(device, os.O_PATH)
        rule = ctypes.create_string_buffer(struct.pack("<Qi", 1 << 1, opened), 12)
        kernel.syscall(landlock.ADD_RULE, rules, 1, kernel.pointer_to(rule), 0)
    kernel.prctl(38, 1)
    kernel.syscall(landlock.RESTRICT_SELF, rules, 0)


def few_files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))


def memory_files_and_folders() -> None:
    write_nowhere()
    refuse(MEMFD_CREATE, errno.EPERM)


def threads() -> None:
    refuse(CLONE3, errno.ENOSYS)
    refuse(CLONE, errno.EAGAIN, 0, OF_A_THREAD)


WITHOUT: dict[str, Callable[[], None]] = {
    "seek_hole": lambda: refuse(LSEEK, errno.EINVAL, 2, SEEK_HOLE),
    "memfd_create": lambda: refuse(MEMFD_CREATE, errno.ENOSYS),
    "prlimit": lambda: refuse(PRLIMIT, errno.EPERM),
    "folders": write_nowhere,
    "memory_files_and_folders": memory_files_and_folders,
    "files": few_files,
    "threads": threads,
}


async def verdicts() -> list[dict[str, Any]]:
    async with Grader("strict", workers=1) as grader:
        return [(await grader.grade(code, seed=1)).to_json() for code in (RIGHT, WRONG)]


def report(what: str, told: Connection) -> None:
    WITHOUT[what]()
    told.send(asyncio.run(verdicts()))


def verdicts_without(what: str) -> list[dict[str, Any]]:
    """From a fork of this process: what is refused once stays so."""
    forks = multiprocessing.get_context("fork")
    here, there = forks.Pipe(duplex=False)
    fork = forks.Process(target=report, args=(what, there))
    fork.start()
    there.close()
    told: list[dict[str, Any]] = here.recv()
    fork.join()
    here.close()
    return told


if __name__ == "__main__":
    print(json.dumps({what: verdicts_without(what) for what in sys.argv[1:] or WITHOUT}))
