"""A store that cannot be written to for a while: the evaluation waits, loses nothing, and goes on."""

import asyncio
import os
import re
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from dropout_core.state.events import StoreHealed
from dropout_core.storage.errors import StoreBlocked, StoreUnusable
from dropout_core.storage.store import Store
from tests.chat_server import ChatAnswer, ChatServer
from tests.core.bench import PASSING, Bench, bench


@contextmanager
def no_room_to_write(store: Path) -> Iterator[None]:
    """Files may not grow: SQLite is told so by the kernel, as it is on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def locked_by_another(store: Path) -> Iterator[None]:
    other = sqlite3.connect(store, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def moved_away(store: Path) -> Iterator[None]:
    elsewhere = store.with_name("elsewhere")
    store.rename(elsewhere)
    try:
        yield
    finally:
        elsewhere.rename(store)


async def blocked(b: Bench) -> StoreBlocked:
    """Wait until the journal says that nothing can be stored."""
    said: asyncio.Future[StoreBlocked] = asyncio.get_running_loop().create_future()
    b.journal.listen_for_blockage(lambda error: None if error is None else said.set_result(error))
    async with asyncio.timeout(100):
        return await said


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (no_room_to_write, "reading or writing failed|the disk is full"),
        (locked_by_another, "another program has locked it"),
        (moved_away, "has been moved or deleted"),
    ],
)
async def test_everything_waits_and_goes_on_when_the_fault_has_healed(
    tmp_path: Path, fault: Callable[[Path], AbstractContextManager[None]], words: str
) -> None:
    async with bench(tmp_path, runs=4, concurrency=2, lock_seconds=0.05, retry_seconds=0.05) as b:
        b.evaluation.start()
        await b.until(lambda: len(b.model.asked) == 2)
        with fault(b.store.path):
            b.model.answer(1, PASSING)
            error = await blocked(b)
            assert str(b.store.path) in str(error)
            assert "\n" not in str(error)
            assert re.search(words, str(error))
            b.model.answer(2, PASSING)
            b.model.answer(3, PASSING)
            b.model.answer(4, PASSING)
            # Nothing is shown that is not stored, and nothing more is asked for.
            assert b.statuses() == ["running", "running", "queued", "queued"]
            assert b.model.asked == [(1, 1), (2, 1)]
        await b.until(lambda: b.state.settled)
        assert b.statuses() == ["passed"] * 4
        assert len(b.model.asked) == 4
        assert b.store.state(1) == b.state
        assert b.journal.blocked is None
        (healed,) = (event for event in b.events if isinstance(event, StoreHealed))
        assert b.state.idle_seconds == healed.at - healed.since


async def test_events_that_cannot_be_stored_at_the_end_raise_an_error(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1, retry_seconds=0.05) as b:
        b.evaluation.start()
        await b.until(lambda: len(b.model.asked) == 1)
        with no_room_to_write(b.store.path):
            b.model.answer(1, PASSING)
            await blocked(b)
            with pytest.raises(StoreUnusable, match="cannot use the store"):
                await b.evaluation.close()


async def test_a_fault_that_stays_is_not_waited_for(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1) as b:
        b.evaluation.start()
        await b.until(lambda: len(b.model.asked) == 1)
        b.store.close()
        b.model.answer(1, PASSING)
        with pytest.raises(StoreUnusable):
            await b.evaluation.finished()
        assert b.journal.blocked is None


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a megabyte."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = (
        os.getuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=512k", "none", str(folder)], check=False, capture_output=True
        ).returncode
    )
    if not mounted:
        pytest.skip("needs the right to mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_fills_up_holds_the_program_until_there_is_room(
    tiny_disk: Path, chat_server: ChatServer
) -> None:
    """Each reply takes 60 kB, so the disk is full after a few."""
    chat_server.default = ChatAnswer("x" * 60_000, size=10_000)
    store = tiny_disk / "store.sqlite3"
    process = subprocess.Popen(
        [
            sys.executable, "-m", "dropout_tui", "run", "--runs", "12", "--concurrency", "2", "--model", "m",
            "--api", "openai", "--base-url", chat_server.url, "--store", str(store),
        ],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    held = process.stderr.readline()
    assert "the disk is full" in held
    assert "nothing is lost" in held
    asked = len(chat_server.requests)
    assert asked < 12
    kept = len([t for t in Store(store).state(1).trials if t.counted is not None])
    subprocess.run(["mount", "-o", "remount,size=16m", str(tiny_disk)], check=True)
    output, said = process.communicate(timeout=100)
    assert process.returncode == 0, said
    assert "can be written to again" in said
    assert "  Failed: 12/12" in output
    assert len(chat_server.requests) == 12
    assert kept < 12
