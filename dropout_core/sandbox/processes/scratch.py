"""Temporary files for one run of untrusted code: unnamed memory, and a working folder."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

PREFIX = "dropout-"
"""Prefix of the names of folders that may be removed."""
SHARED_MEMORY = "/dev/shm"
"""Folder that exists and is writable in many containers where no other is."""
_NOT_TO_BE_HAD = (errno.ENOSYS, errno.EPERM, errno.EACCES, errno.EINVAL)
"""Errors of a system call that is unknown or not allowed."""


def nameless_file(label: str) -> IO[bytes]:
    """An open file that no folder lists; see `nameless_descriptor`."""
    return os.fdopen(nameless_descriptor(label), "w+b", buffering=0)


def nameless_descriptor(label: str) -> int:
    """Descriptor of a file without a name: in memory on Linux; elsewhere, and where Linux refuses that, a temporary
    file that is already deleted.

    Raises:
        OSError: there is no room for it.
    """
    refused = "memfd_create is not known here"
    if hasattr(os, "memfd_create"):
        try:
            return os.memfd_create(label, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        except OSError as error:
            if error.errno not in _NOT_TO_BE_HAD:
                raise
            refused = f"memfd_create: {error.strerror}"
    for folder in (None, SHARED_MEMORY):
        with contextlib.suppress(OSError), tempfile.TemporaryFile(buffering=0, dir=folder) as file:
            return os.dup(file.fileno())
    raise OSError(errno.ENOSPC, f"{refused}, and no temporary folder can be written to")


@contextlib.contextmanager
def working_folder() -> Iterator[Path]:
    """A new folder for the code, removed afterwards with whatever is in it, as far as possible."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    except OSError:
        yield Path("/")
        return
    try:
        yield folder
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder that hostile code has filled, as far as the system allows. Links are not followed.

    `shutil.rmtree` would fail: the code may have nested folders more deeply than it can recurse and than a path can be
    long, or removed their permissions. So each folder is made accessible, and moved to the top before it is emptied.
    """
    if folder.is_symlink():  # which the code has put in the folder's place
        with contextlib.suppress(OSError):
            folder.unlink()
        return
    pending = [folder]
    while pending:
        current = pending.pop()
        with contextlib.suppress(OSError):
            current.chmod(0o700)
            for entry in list(os.scandir(current)):
                with contextlib.suppress(OSError):
                    if not entry.is_dir(follow_symlinks=False):
                        Path(entry).unlink()
                        continue
                    Path(entry).chmod(0o700)
                    pending.append(Path(entry).rename(folder / f".{secrets.token_hex(8)}"))
            if current != folder:
                current.rmdir()
    with contextlib.suppress(OSError):
        folder.rmdir()
