"""Files that a user names are read at once or refused in a few words."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dropout_core.values.files.user_file import FileRefused, FileTooLarge, read_file

THROUGH_A_PROCESS = Path("/proc/self", "root", "proc", "self", "environ")
"""By the link that a process has to the top of its file system."""


def test_what_a_file_holds(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"x" * 10)
    link = tmp_path / "link"
    link.symlink_to(file)
    assert read_file(file, most=10) == read_file(link, most=10) == b"x" * 10
    with pytest.raises(FileTooLarge):
        read_file(file, most=9)


@pytest.mark.parametrize(
    "name",
    ["/dev/zero", "/dev/tty", "/dev/stdin", "/proc", "/proc/self/environ", "/proc/self/cmdline", "/proc/self/mem",
     "/sys/kernel/profiling", "/dev/../proc/self/environ", "//proc/self/environ", str(THROUGH_A_PROCESS),
     "/proc/thread-self/environ", "/dev/fd/../environ", "."],
)  # fmt: skip
@pytest.mark.parametrize("through", ["itself", "a link", "a link to a link", "a link to its folder"])
def test_what_is_the_systems_is_refused(name: str, through: str, tmp_path: Path) -> None:
    path = Path(name)
    if through == "a link to its folder":
        (tmp_path / "folder").symlink_to(path.parent)
        path = tmp_path / "folder" / path.name
    for number in range(0 if through == "itself" else through.count("link")):
        link = tmp_path / f"link {number}"
        link.symlink_to(path)
        path = link
    with pytest.raises((FileRefused, OSError)):
        read_file(path, most=1_000_000)


def test_an_environment_is_refused_by_name(tmp_path: Path) -> None:
    link = tmp_path / "prompt.txt"
    link.symlink_to("/proc/self/environ")
    for path in (link, Path("/proc/self/environ"), tmp_path.joinpath(*[".."] * 20, "proc/self/environ")):
        with pytest.raises(FileRefused, match="in /proc"):
            read_file(path, most=1_000_000)


@pytest.mark.parametrize("pipes", [False, True])
def test_a_pipe_without_a_writer_is_not_waited_for_long(tmp_path: Path, pipes: bool) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link)[: 1 if pipes else 2]:
        with pytest.raises(FileRefused, match="nothing comes" if pipes else "not a regular file"):
            read_file(path, most=10, pipes=pipes)


def test_a_socket_and_a_folder_are_refused(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "socket"))
        for path in (tmp_path / "socket", tmp_path):
            with pytest.raises(FileRefused):
                read_file(path, most=10)


def test_what_a_pipe_brings_in_pieces_is_read_whole(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = f"file = open({str(pipe)!r}, 'w')\nfor n in range(300): file.write('x' * 999); file.flush()"
    with subprocess.Popen([sys.executable, "-c", writing]) as writer:
        assert read_file(pipe, most=1_000_000, pipes=True) == b"x" * 299_700
    assert writer.returncode == 0
