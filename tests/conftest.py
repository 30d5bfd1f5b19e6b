"""What every test may ask for."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import count

import pytest
from hypothesis import HealthCheck, settings

from tests.chat_server import ChatServer
from tests.messages_server import MessagesServer

# Each commit draws other examples, so that few of each are many in a week; `--hypothesis-profile=thorough` draws more.
# A machine that is busy draws them slowly.
ANY_SPEED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("each_commit", ANY_SPEED, max_examples=25)
settings.register_profile("thorough", ANY_SPEED, max_examples=1_000)
settings.load_profile("each_commit")

# With more threads, NumPy's OpenBLAS spins while NumPy is imported, in each program that a test starts.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

HOMES = count()
"""Numbers for folders that are made only by tests that write there."""


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end; the garbage collector need not walk over them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)


@pytest.fixture(autouse=True)
def no_settings_from_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys, addresses and defaults in the developer's own shell must not reach a test, nor a proxy loopback."""
    for name in tuple(os.environ):
        if name.startswith(("ANTHROPIC_", "OPENAI_", "DROPOUT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture(autouse=True)
def no_folders_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Neither the developer's configuration nor what the program remembers reaches a test, or is changed by one."""
    home = tmp_path_factory.getbasetemp() / f"home-of-test-{next(HOMES)}"
    for folder in ("CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{folder}_HOME", str(home / folder.lower()))


@pytest.fixture(autouse=True)
def a_terminal_with_all_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a screen looks like must not depend on the developer's own terminal."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


def pytest_sessionfinish() -> None:
    """Whatever is garbage complains now; what stays need not be looked through again and again at the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def zygotes() -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """See `kept_zygotes`."""
    if sys.platform != "linux":  # there are none
        yield nullcontext
        return
    from tests.kept_zygotes import KeptZygotes

    kept = KeptZygotes()
    yield kept.in_use
    kept.end()


@pytest.fixture
def kept_zygotes(zygotes: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
    """The sandboxes of a test use warm processes that other tests have left."""
    with zygotes():
        yield


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    """A server that speaks Chat Completions; see its module for how to script it."""
    with ChatServer() as server:
        yield server


@pytest.fixture
def messages_server() -> Iterator[MessagesServer]:
    """A server that speaks the Messages API; see its module for how to script it."""
    with MessagesServer() as server:
        yield server
