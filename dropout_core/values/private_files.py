"""Files that hold what models were asked and said: nobody else on the machine is to read them."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

OWN_FILE = 0o600
OWN_FOLDER = 0o700


def make_folder(path: Path) -> None:
    """Make the folder for nobody else, and those above it as usual. One that is there stays as it is.

    Raises:
        OSError: it cannot be made.
    """
    path.mkdir(mode=OWN_FOLDER, parents=True, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file for nobody else, unless something is there already.

    Raises:
        OSError: it cannot be made.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWN_FILE))


def close_to_others(path: Path, mode: int = OWN_FILE) -> None:
    """Take from others what they may do with a file or folder of this user's; of what is not theirs nothing changes.

    Not by a descriptor: to close one would drop the locks that this process has on a database.
    """
    with contextlib.suppress(OSError):
        status = path.stat()
        is_theirs = status.st_uid == os.geteuid()
        is_file = stat.S_ISDIR(status.st_mode) if mode == OWN_FOLDER else stat.S_ISREG(status.st_mode)
        if is_theirs and is_file and stat.S_IMODE(status.st_mode) & ~mode:
            path.chmod(stat.S_IMODE(status.st_mode) & mode)
