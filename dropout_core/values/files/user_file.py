"""Files named by a user: read with a time limit, and never from folders where the system keeps secrets."""

from __future__ import annotations

import os
import select
import stat
import time
from pathlib import Path
from typing import BinaryIO

SYSTEM_FOLDERS = ("/proc", "/dev", "/sys")
"""Folders without files of the user's: environments with keys in them, disks, terminals."""

WRITER_SECONDS = 5.0
"""Seconds to wait for a writer of a pipe."""
SILENCE_SECONDS = 60.0
"""Seconds that a writer may take between two pieces."""
_PIECE = 1 << 16


class FileRefused(ValueError):
    """The file may not be read; the message says why, in a few words."""


class FileTooLarge(FileRefused):
    """It contains more than was asked for."""


_confined: dict[str, Path] = {}
"""Files that may be read only while they are inside a folder, by path."""


def confine(path: str | os.PathLike[str], folder: Path) -> None:
    """Read the file from now on only if it is, with all links followed, inside the folder at that moment."""
    _confined[_spelled(Path(path).expanduser())] = folder.resolve()


def _spelled(place: Path) -> str:
    return os.path.abspath(place)  # noqa: PTH100  its links are not to be followed


def read_file(path: str | os.PathLike[str], *, most: int, pipes: bool = False) -> bytes:
    """Content of the file at `path`; ``~`` is the user's folder. Links are followed and judged by their targets.

    Args:
        path: where it is.
        most: how many bytes it may hold.
        pipes: whether it may be a pipe, too.

    Raises:
        FileRefused: it is a device, a folder, a pipe that is none to read from, or one of the system's own files.
        FileTooLarge: it holds more than `most`.
        OSError, RuntimeError, ValueError: there is none, or the path is none.
    """
    descriptor = _opened(path, pipes=pipes)
    try:
        read = _read_pipe if stat.S_ISFIFO(os.fstat(descriptor).st_mode) else _read_regular
        raw = read(descriptor, most + 1)
    finally:
        os.close(descriptor)
    if len(raw) > most:
        raise FileTooLarge(f"it is larger than {most:,} bytes")
    return raw


def open_file(path: str | os.PathLike[str]) -> BinaryIO:
    """The regular file at `path`, opened to be read piece by piece; judged as `read_file` does.

    Raises:
        FileRefused: it is anything else, or one of the system's own files.
        OSError, RuntimeError, ValueError: there is none, or the path is none.
    """
    return os.fdopen(_opened(path, pipes=False), "rb")


def _opened(path: str | os.PathLike[str], *, pipes: bool) -> int:
    """Descriptor of a file that may be read."""
    place = Path(path).expanduser()
    _judge(place.stat(), place, pipes=pipes)  # before it is opened, since opening some devices has effects
    descriptor = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        _judge(os.fstat(descriptor), place, pipes=pipes)  # the file may have been replaced by now
        _see_that_it_is_inside(descriptor, place)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _judge(status: os.stat_result, place: Path, *, pipes: bool) -> None:
    if pipes and stat.S_ISFIFO(status.st_mode):
        return
    if not stat.S_ISREG(status.st_mode):
        raise FileRefused("it is not a regular file")
    folder = _system_folder_of(status, place)
    if folder is not None:
        raise FileRefused(f"it is not a regular file but the system's, in {folder}")


def _see_that_it_is_inside(descriptor: int, place: Path) -> None:
    folder = _confined.get(_spelled(place))
    if folder is None:
        return
    opened = f"/proc/self/fd/{descriptor}"
    real = os.path.realpath(opened if os.path.lexists(opened) else place)
    if not Path(real).is_relative_to(folder):
        raise FileRefused(f"it leads out of {folder}, whose dropout.toml names it")


def _system_folder_of(status: os.stat_result, place: Path) -> str | None:
    """System folder that contains a file, by its path or its links; ``None`` for none."""
    as_written = _spelled(place)
    for path in (as_written, os.path.realpath(place)):
        for folder in SYSTEM_FOLDERS:
            if f"/{path.strip('/')}/".startswith(f"{folder}/"):
                return folder
    for mounted in map(Path, SYSTEM_FOLDERS):
        # It may be mounted a second time elsewhere.
        if mounted.is_mount() and mounted.stat().st_dev == status.st_dev:
            return str(mounted)
    return None


def _read_regular(descriptor: int, most: int) -> bytes:
    pieces, left = [], most
    while left > 0 and (piece := os.read(descriptor, min(left, 1 << 20))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _read_pipe(descriptor: int, most: int) -> bytes:
    pieces, left = [], most
    has_writer = False
    give_up_at = time.monotonic() + WRITER_SECONDS
    while left > 0:
        try:
            piece = os.read(descriptor, min(left, _PIECE))
        except BlockingIOError:  # someone is there to write
            if not has_writer:
                has_writer, give_up_at = True, time.monotonic() + SILENCE_SECONDS
            _wait_for(descriptor, give_up_at)
            continue
        if piece:
            has_writer, give_up_at = True, time.monotonic() + SILENCE_SECONDS
            pieces.append(piece)
            left -= len(piece)
        elif has_writer:
            break
        else:
            _wait_for(descriptor, give_up_at)
    return b"".join(pieces)


def _wait_for(descriptor: int, give_up_at: float) -> None:
    """Wait until there is something to read, or the writer has closed the pipe.

    Raises:
        FileRefused: neither came to be.
    """
    watched = select.poll()
    watched.register(descriptor, select.POLLIN)
    left = give_up_at - time.monotonic()
    if left <= 0 or not watched.poll(left * 1000):
        raise FileRefused("nothing comes through this pipe")
