"""The files in which results come back."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these files are Linux's")

if sys.platform == "linux":
    from dropout_core.sandbox.processes.sealed_files import MOST_AHEAD, USUAL_SIZE, ResultFiles

PAGE = os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def files() -> Iterator[ResultFiles]:
    files = ResultFiles()
    yield files
    files.close()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def memory_of(descriptor: int) -> int:
    """Bytes that the file takes."""
    return 512 * os.fstat(descriptor).st_blocks


def test_a_file_made_ahead_has_memory_for_as_much_as_the_last_one_held_and_holds_nothing(
    files: ResultFiles,
) -> None:
    first = files.take(100)
    os.write(first.write_only, b"x" * 3 * PAGE)
    assert files.read(first) == b"x" * 3 * PAGE
    files.make_ahead()
    second = files.take(100)
    assert memory_of(second.write_only) == 3 * PAGE
    assert files.read(second) == b""
    os.write(second.write_only, b"y")
    assert files.read(second) == b"y" + bytes(PAGE - 1)
    first.close()
    second.close()


@pytest.mark.parametrize("size", [1, USUAL_SIZE, USUAL_SIZE + 1])
@pytest.mark.parametrize("ahead", [False, True])
def test_a_file_has_the_requested_size(files: ResultFiles, size: int, ahead: bool) -> None:
    if ahead:
        files.make_ahead()
    file = files.take(size)
    assert os.fstat(file.write_only).st_size == max(size, USUAL_SIZE)
    file.close()


def test_no_more_than_so_much_is_had_ahead(files: ResultFiles) -> None:
    long = files.take(2 * MOST_AHEAD)
    os.write(long.write_only, bytes(MOST_AHEAD + PAGE))
    assert len(files.read(long)) == MOST_AHEAD + PAGE
    long.close()
    files.make_ahead()
    following = files.take(1)
    assert memory_of(following.write_only) == MOST_AHEAD
    following.close()


def test_files_made_ahead_are_closed(files: ResultFiles) -> None:
    before = open_files()
    files.make_ahead()
    files.make_ahead()
    assert open_files() == before + 2
    files.close()
    assert open_files() == before
