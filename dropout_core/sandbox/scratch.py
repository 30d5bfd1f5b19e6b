"""Files for one run of untrusted code, which leave no trace: memory without a name, and a working folder."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO


def nameless_file(label: str) -> IO[bytes]:
    """An open file that no folder lists: in memory on Linux, elsewhere a temporary file that is already
    deleted.

    Raises:
        OSError: there is no room for it.
    """
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create(label), "w+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)


@contextlib.contextmanager
def working_folder() -> Iterator[Path]:
    """A folder of its own for the code, removed afterwards with whatever is in it by then.

    Raises:
        OSError: it cannot be made. That it cannot be removed raises nothing.
    """
    folder = Path(tempfile.mkdtemp(prefix="dropout-"))
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
