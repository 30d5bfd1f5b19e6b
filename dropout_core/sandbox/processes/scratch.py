"""Files for one run of untrusted code, which leave no trace: memory without a name, and a working folder."""

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
"""Of the names of folders that may be removed."""
SHARED_MEMORY = "/dev/shm"
"""A folder that is there, and can be written to, in many a container where no other can."""
_NOT_TO_BE_HAD = (errno.ENOSYS, errno.EPERM, errno.EACCES, errno.EINVAL)
"""Of a system call that is not known or not allowed."""


def nameless_file(label: str) -> IO[bytes]:
    """An open file that no folder lists; see `nameless_descriptor`."""
    return os.fdopen(nameless_descriptor(label), "w+b", buffering=0)


def nameless_descriptor(label: str) -> int:
    """A descriptor of a file that no folder lists: in memory on Linux; elsewhere, and where Linux refuses that, a
    temporary file that is already deleted.

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
    """A folder of its own for the code, removed afterwards with whatever is in it by then, as far as it can be. Where
    nothing can be written, there is none to be had, and the root folder stands for it."""
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
    """Remove a folder that hostile code has filled, as far as the system lets us. Links are not followed.

    Not `shutil.rmtree`: the code may have nested folders deeper than that can recurse and than a path can be
    long, or taken their permissions away. So each folder is opened up, and moved to the top before it is
    emptied.
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
