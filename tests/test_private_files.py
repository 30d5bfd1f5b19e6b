"""Stores and logs, with whatever stands beside them, are for nobody else on the machine."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from dropout_core.sandbox.inside.unprivileged import NOBODY
from dropout_core.storage.store import Store
from dropout_tui.command_line.log_file import opened_log
from tests.chat_server import ChatAnswer, ChatServer
from tests.messages_server import Gate, Stream
from tests.tui.program import dropout_tui

pytestmark = pytest.mark.usefixtures("kept_zygotes")


@contextmanager
def everything_open() -> Iterator[None]:
    """As if files were made open to all, however the shell has it."""
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def run(store: Path | None, *arguments: str, **environment: str) -> None:
    where = () if store is None else ("--store", str(store))
    with everything_open():
        done = dropout_tui(
            "run", "--model", "sample", "--runs", "1", "--seed", "1", *where, *arguments, **environment
        )
    assert done.returncode == 0, done.stderr


def test_a_store_is_for_its_owner_while_it_is_written_and_afterwards(tmp_path: Path) -> None:
    with everything_open():
        store = Store(tmp_path / "made" / "s.db")
        with closing(store):
            store.history()
            beside = modes(tmp_path / "made")
    assert {"s.db", "s.db-wal", "s.db-shm"} <= beside.keys()
    assert set(beside.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == 0o700


def test_what_is_open_already_is_closed_and_a_folder_of_the_users_is_left_alone(tmp_path: Path) -> None:
    path, log = tmp_path / "s.db", tmp_path / "what.log"
    tmp_path.chmod(0o777)
    run(path, "--log", str(log))
    kept = sqlite3.connect(path)  # so that what stands beside it stays
    kept.execute("SELECT count(*) FROM events").fetchone()
    (tmp_path / "what.log.1").write_text("an earlier one")
    for file in tmp_path.iterdir():
        file.chmod(0o666)
    run(path, "--log", str(log))
    kept.close()
    names = modes(tmp_path)
    assert {"s.db", "s.db-leases", "what.log", "what.log.1"} <= names.keys()
    assert set(names.values()) == {0o600}
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o777


@pytest.mark.parametrize("exists", [False, True])
def test_the_programs_own_folder_is_closed(tmp_path: Path, exists: bool) -> None:
    own = tmp_path / "data" / "dropout-tui"
    if exists:
        own.mkdir(parents=True)
        own.chmod(0o755)
    run(None, XDG_DATA_HOME=str(tmp_path / "data"))
    assert stat.S_IMODE(own.stat().st_mode) == 0o700
    assert modes(own)["evaluations.sqlite3"] == 0o600
    own.chmod(0o755)
    assert dropout_tui("history", XDG_DATA_HOME=str(tmp_path / "data")).returncode == 0
    assert stat.S_IMODE(own.stat().st_mode) == 0o700


def test_a_log_that_goes_to_a_device_or_a_pipe(tmp_path: Path) -> None:
    before = stat.S_IMODE(Path("/dev/null").stat().st_mode)
    run(tmp_path / "s.db", "--log", "/dev/null")
    assert stat.S_IMODE(Path("/dev/null").stat().st_mode) == before
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="a pipe"):
        opened_log(tmp_path / "pipe")


LOOK_AT_ALL = 'for f in *; do (exec < "$f") && echo read "$f"; (exec >> "$f") && echo wrote "$f"; done'


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user for a while")
def test_a_second_person_at_the_same_host_reads_nothing(chat_server: ChatServer) -> None:
    """While a run is under way, with all its files open, in a folder that everybody may look into."""
    gate = Gate()
    answer = ChatAnswer("no code")
    events = answer.events()
    chat_server.play(answer, Stream([*events[:3], gate, *events[3:]]))
    with everything_open(), TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101

        def look() -> tuple[set[str], str]:
            try:
                assert gate.reached.wait(60)
                names = {path.name for path in Path(folder).iterdir()}
                (Path(folder) / "open to all").touch()
                looked = subprocess.run(
                    ["sh", "-c", LOOK_AT_ALL],
                    cwd=folder, user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True, check=False,
                )  # fmt: skip
                return names, looked.stdout
            finally:
                gate.open()

        with ThreadPoolExecutor(1) as second_person:
            looking = second_person.submit(look)
            done = dropout_tui(
                "run", "--model", "m", "--runs", "2", "--sequential", "--api", "openai",
                "--base-url", chat_server.url, "--store", f"{folder}/s.db", "--log", f"{folder}/what.log",
            )  # fmt: skip
    names, said = looking.result()
    assert done.returncode == 0, done.stderr
    assert {"s.db", "s.db-wal", "s.db-shm", "what.log"} <= names
    assert said.splitlines() == ["read open to all", "wrote open to all"]
