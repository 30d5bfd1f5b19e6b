"""Writing a file completely or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile


class CannotWrite(OSError):
    """The file cannot be written; the message says why, in one line."""


class IsThereAlready(CannotWrite):
    """The file exists and is not to be replaced."""


def write_whole(path: Path, pieces: Iterable[str | bytes], *, replace: bool = False) -> None:
    """Write `pieces`, text as UTF-8, to a temporary file beside `path`, then rename it.

    Lone surrogates, which UTF-8 cannot hold, become question marks. A file that is there is kept unless `replace`.

    Raises:
        IsThereAlready: it is, and is not to be replaced.
        CannotWrite: it is no regular file, or the file system says no.
    """
    try:
        path = path.resolve()
        if path.is_dir():
            raise CannotWrite(f"{path} is a folder; give the path of a file")
        if path.exists() and not path.is_file():
            raise CannotWrite(f"cannot write {path}: it is not a regular file")
        if path.exists() and not replace:
            raise FileExistsError
        _write(path, pieces, replace=replace)
    except CannotWrite:
        raise
    except FileExistsError:
        raise IsThereAlready(f"{path} is there already; --force replaces it") from None
    except OSError as error:
        raise CannotWrite(f"cannot write {path}: {error.strerror or error}") from error


def _write(path: Path, pieces: Iterable[str | bytes], *, replace: bool) -> None:
    mode = 0o666 & ~_umask()
    with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as file:
        unfinished = Path(file.name)
        try:
            for piece in pieces:
                file.write(piece.encode("utf-8", "replace") if isinstance(piece, str) else piece)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
            if replace:
                unfinished.replace(path)
            else:
                _give_name(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)


def _umask() -> int:
    """Permissions that new files do not get; the umask can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _give_name(unfinished: Path, path: Path) -> None:
    """Rename the file, but never over one that has just appeared."""
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links.
        unfinished.rename(path)
