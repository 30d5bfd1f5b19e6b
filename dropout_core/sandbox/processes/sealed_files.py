"""Sealed files in memory for the request to the untrusted process and for its result. Linux only.

Each is new for each piece of code, so that nothing of an earlier result can come back as the result of a later
one. The request can no longer be changed once it is written. The result has its size from the start, and can
neither shrink nor grow; the untrusted process gets a descriptor with which it can only be written.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from dropout_core.sandbox.processes.scratch import nameless_descriptor

assert sys.platform == "linux"

USUAL_SIZE = 16 << 20
"""Size of a file for a result, in bytes; larger ones are made when needed. Unwritten parts take no memory."""
MOST_AHEAD = 4 << 20
"""Bytes for which memory is reserved before they are written."""

_FIXED_SIZE = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


def sealed_request(parts: Sequence[bytes | memoryview]) -> int:
    """Descriptor of an unchangeable file that holds the parts one after another.

    Raises:
        OSError: there is no memory for it.
    """
    descriptor = nameless_descriptor("request")
    try:
        for part in parts:
            rest = memoryview(part)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        _seal(descriptor, _FIXED_SIZE | fcntl.F_SEAL_WRITE)
        os.lseek(descriptor, 0, os.SEEK_SET)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@dataclass(frozen=True, slots=True)
class SealedResult:
    """A file of fixed size, empty at first."""

    size: int
    write_only: int
    """The descriptor for the untrusted process: it can neither read the file nor map it into memory. Should that
    process open it anew, it finds what it wrote itself."""
    _own: int

    @classmethod
    def of_size(cls, size: int, expected: int = 0) -> SealedResult:
        """A new file, with memory for the bytes that are expected.

        Raises:
            OSError: there is no memory for it.
        """
        own = nameless_descriptor("result")
        try:
            os.ftruncate(own, size)
            if expected:
                with contextlib.suppress(OSError):  # it is only slower then
                    os.posix_fallocate(own, 0, expected)
            _seal(own, _FIXED_SIZE)
            return cls(size, os.open(f"/proc/self/fd/{own}", os.O_WRONLY | os.O_CLOEXEC), own)
        except BaseException:
            os.close(own)
            raise

    def read(self) -> bytes:
        """What was written from the start on, up to the first page that was not; copied, not mapped. Where the system
        does not tell which was not, all of it, with zeros for what was not written."""
        try:
            written = os.lseek(self._own, 0, os.SEEK_HOLE)
        except OSError:
            written = self.size
        data = os.pread(self._own, written, 0)
        while len(data) < written and (more := os.pread(self._own, written - len(data), len(data))):
            data += more
        return data

    def close(self) -> None:
        """Give the memory back."""
        os.close(self.write_only)
        os.close(self._own)


class ResultFiles:
    """Supplies a new file for each result, made ahead when there is time, as reserving memory takes long."""

    def __init__(self) -> None:
        self._ahead: SealedResult | None = None
        self._expected = 0

    def take(self, size: int) -> SealedResult:
        """A file of at least that size.

        Raises:
            OSError: there is no memory for it.
        """
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead.size >= size:
            return ahead
        if ahead is not None:
            ahead.close()
        return SealedResult.of_size(max(size, USUAL_SIZE))

    def make_ahead(self) -> None:
        """Make the next file, with memory for as many bytes as the last result had."""
        if self._ahead is None:
            with contextlib.suppress(OSError):
                self._ahead = SealedResult.of_size(USUAL_SIZE, self._expected)

    def read(self, result: SealedResult) -> bytes:
        """Read the result; see `SealedResult.read`."""
        data = result.read()
        self._expected = min(len(data), MOST_AHEAD)
        return data

    def close(self) -> None:
        """Give the memory back."""
        if self._ahead is not None:
            self._ahead.close()
            self._ahead = None


def _seal(descriptor: int, seals: int) -> None:
    """Seal a file. Skipped where it is not in memory: it is not mapped here, and what is read of it is checked
    anyway."""
    with contextlib.suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
