"""Private files, as they contain what models were asked and said: readable by their owner only."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

OWN_FILE = 0o600
OWN_FOLDER = 0o700


def make_folder(path: Path) -> None:
    """Make a folder readable by its owner only, and those above it as usual. An existing one is not changed.

    Raises:
        OSError: it cannot be made.
    """
    path.mkdir(mode=OWN_FOLDER, parents=True, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file readable by its owner only, unless it exists.

    Raises:
        OSError: it cannot be made.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWN_FILE))


def close_to_others(path: Path, mode: int = OWN_FILE) -> None:
    """Remove the permissions of others from the user's own file or folder.

    The path is used, not a descriptor: closing one would drop the locks that this process has on a database.
    """
    with contextlib.suppress(OSError):
        status = path.stat()
        is_theirs = status.st_uid == os.geteuid()
        is_file = stat.S_ISDIR(status.st_mode) if mode == OWN_FOLDER else stat.S_ISREG(status.st_mode)
        if is_theirs and is_file and stat.S_IMODE(status.st_mode) & ~mode:
            path.chmod(stat.S_IMODE(status.st_mode) & mode)
