"""A file that is there whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


class CannotWrite(OSError):
    """The file cannot be written; the message is one line that says why."""


def write_whole(path: Path, pieces: Iterable[str], *, replace: bool = False) -> None:
    """Write `pieces` as UTF-8 under another name beside `path`, then give them its name.

    Lone surrogates, which UTF-8 cannot hold, become question marks. A file that is there is kept unless `replace`.

    Raises:
        CannotWrite: it is there already, is no regular file, or the file system says no.
    """
    try:
        path = path.resolve()
        if path.exists() and not path.is_file():
            raise CannotWrite(f"cannot write {path}: it is not a regular file")
        if path.exists() and not replace:
            raise FileExistsError
        _write(path, pieces, replace=replace)
    except CannotWrite:
        raise
    except FileExistsError:
        raise CannotWrite(f"{path} is there already; --force replaces it") from None
    except OSError as error:
        raise CannotWrite(f"cannot write {path}: {error.strerror or error}") from error


def _write(path: Path, pieces: Iterable[str], *, replace: bool) -> None:
    unfinished = path.with_name(f".{os.getpid()}.part")
    try:
        with unfinished.open("x", encoding="utf-8", errors="replace", newline="") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            unfinished.replace(path)
        else:
            _give_name(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _give_name(unfinished: Path, path: Path) -> None:
    """Name the file, but never in place of one that has just appeared."""
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links.
        unfinished.rename(path)
