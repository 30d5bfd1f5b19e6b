"""Files in memory through which a request goes to the untrusted process and its result comes back. Linux only.

Each is new for each piece of code, so that nothing of an earlier result can come back as the result of a later
one. The request can no longer be changed once it is written. The result has its size from the start, and can
neither shrink nor grow; the untrusted process gets a descriptor with which it can only be written.
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

assert sys.platform == "linux"

_FIXED_SIZE = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


def sealed_request(parts: Sequence[bytes | memoryview]) -> int:
    """A descriptor of a file that holds the parts one after another, for ever.

    Raises:
        OSError: there is no memory for it.
    """
    descriptor = _memory_file("request")
    try:
        for part in parts:
            rest = memoryview(part)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _FIXED_SIZE | fcntl.F_SEAL_WRITE)
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
    def of_size(cls, size: int) -> SealedResult:
        """A new one.

        Raises:
            OSError: there is no memory for it.
        """
        own = _memory_file("result")
        try:
            os.ftruncate(own, size)
            fcntl.fcntl(own, fcntl.F_ADD_SEALS, _FIXED_SIZE)
            return cls(size, os.open(f"/proc/self/fd/{own}", os.O_WRONLY | os.O_CLOEXEC), own)
        except BaseException:
            os.close(own)
            raise

    def read(self) -> bytes:
        """What was written from the start on, up to the first page that was not; copied, not mapped."""
        written = os.lseek(self._own, 0, os.SEEK_HOLE)
        data = os.pread(self._own, written, 0)
        while len(data) < written and (more := os.pread(self._own, written - len(data), len(data))):
            data += more
        return data

    def close(self) -> None:
        """Give the memory back."""
        os.close(self.write_only)
        os.close(self._own)


def _memory_file(name: str) -> int:
    return os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
