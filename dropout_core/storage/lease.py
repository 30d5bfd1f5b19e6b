"""Lease of an evaluation, so that only one program runs it at a time.

The kernel keeps the leases and drops them when the process that holds them ends, in whatever way, so nothing has to be
cleaned up after a crash.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import sys
import threading
from pathlib import Path

from dropout_core.storage.errors import StoreUnusable


class EvaluationBusy(StoreUnusable):
    """Another program, or this one, is running the evaluation."""


_guard = threading.Lock()
_descriptors: dict[Path, int] = {}
"""One descriptor per file, never closed: closing any descriptor of a file drops all locks this process has on it."""
_held: set[tuple[Path, int]] = set()
"""Leases of this process, which the kernel does not tell apart."""


class Lease:
    """Right to run one evaluation of a store, held until `release`, or the end of this process."""

    def __init__(self, store: Path, evaluation: int) -> None:
        """Take the lease: a lock on one byte of the file beside the store, one byte an evaluation.

        Raises:
            EvaluationBusy: another program holds it, or this one does already.
            StoreUnusable: there can be no such file.
        """
        self._path, self._evaluation = _lease_file(store), evaluation
        with _guard:
            if (self._path, evaluation) in _held:
                raise EvaluationBusy(f"evaluation {evaluation} is being run by this program")
            try:
                self._descriptor = _descriptor_of(self._path)
            except OSError as error:
                raise _unusable(self._path, error) from None
            try:
                fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, evaluation)
            except OSError as error:
                if error.errno not in (errno.EACCES, errno.EAGAIN):
                    raise _unusable(self._path, error) from None
                raise EvaluationBusy(
                    f"evaluation {evaluation} is being run by another program; wait for it, or end that first"
                ) from None
            _held.add((self._path, evaluation))

    def release(self) -> None:
        """Give the lease back. Idempotent."""
        with _guard:
            if (self._path, self._evaluation) in _held:
                _held.discard((self._path, self._evaluation))
                fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, self._evaluation)


def leased_elsewhere(store: Path) -> frozenset[int]:
    """Evaluations of a store that other programs are running. Takes no lease, so it disturbs nobody.

    Empty where nothing tells: no program has run any, or the file cannot be read.
    """
    path = _lease_file(store)
    if not path.exists():
        return frozenset()
    numbers: set[int] = set()
    with _guard:
        try:
            descriptor = _descriptor_of(path)
            start = 0
            # The kernel names the first lock in the way of the range from `start` on.
            while (lock := _first_lock_in_the_way(descriptor, start)) is not None:
                numbers.add(lock)
                start = lock + 1
        except OSError:
            return frozenset(numbers)
    return frozenset(numbers)


def _unusable(path: Path, error: OSError) -> StoreUnusable:
    return StoreUnusable(f"cannot use {path}: {error.strerror}; give another --store")


def _lease_file(store: Path) -> Path:
    return store.with_name(f"{store.name}-leases").absolute()


def _descriptor_of(path: Path) -> int:
    if path not in _descriptors:
        _descriptors[path] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    return _descriptors[path]


# struct flock, whose fields the systems order differently: type, whence, start, length, process.
_LINUX_LOCK = struct.Struct("@hhqqi4x")
_BSD_LOCK = struct.Struct("@qqihh4x")


def _first_lock_in_the_way(descriptor: int, start: int) -> int | None:
    """First byte from `start` on that another process has locked; ``None`` when there is none."""
    if sys.platform == "linux":
        asked = _LINUX_LOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, start, 0, 0)
        kind, _, first, _, _ = _LINUX_LOCK.unpack(fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))
    else:
        asked = _BSD_LOCK.pack(start, 0, 0, fcntl.F_WRLCK, os.SEEK_SET)
        first, _, _, kind, _ = _BSD_LOCK.unpack(fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))
    return None if kind == fcntl.F_UNLCK else max(start, first)
