"""Signals and closed terminals: every way of ending leaves the store whole and says how to go on."""

import io
import os
import pty
import select
import shlex
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing, redirect_stdout
from pathlib import Path

import pytest

from dropout_core.storage.store import Store
from dropout_tui.cli import main
from tests.messages_server import Answer, Gate, MessagesServer, Stream
from tests.tui.command_line.test_command_line import UNSCALED
from tests.tui.program import command


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "store.sqlite3")


def heed(number: signal.Signals) -> None:
    signal.signal(number, signal.SIG_DFL)


def heed_ctrl_c() -> None:
    """A shell that runs the tests in the background has them ignore it."""
    heed(signal.SIGINT)


def in_flight(
    server: MessagesServer, store: str, heeding: Callable[[], None] = heed_ctrl_c
) -> tuple[subprocess.Popen[str], Gate]:
    """A program with one reply stored and another under way."""
    gate = Gate()
    events = Answer(UNSCALED).events()
    server.play(Answer(UNSCALED), Stream([*events[:3], gate, *events[3:]]))
    process = subprocess.Popen(
        command(
            "run", "--runs", "3", "--sequential", "--model", "m", "--base-url", server.url, "--store", store
        ),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heeding,
    )  # fmt: skip
    assert gate.reached.wait(60)
    return process, gate


def resumed(server: MessagesServer, store: str) -> None:
    """What is left can be done. In this process, which has the SDK already."""
    server.default = Answer(UNSCALED)
    output = io.StringIO()
    with redirect_stdout(output):
        assert main(["resume", "--store", store]) == 0
    assert "  Failed: 3/3" in output.getvalue()


def test_the_first_ctrl_c_lets_what_is_in_flight_end_and_a_signal_ignored_by_nohup_stays_ignored(
    messages_server: MessagesServer, store: str
) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process, gate = in_flight(messages_server, store)
    finally:
        signal.signal(signal.SIGHUP, before)
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert "still ends" in process.stderr.readline()
    gate.open()
    output, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "  Failed: 2/2" in output
    assert f"interrupted; go on with: dropout-tui resume 1 --store {store}" in said
    resumed(messages_server, store)
    assert len(messages_server.requests) == 3


def test_the_second_ctrl_c_cuts_it_off(messages_server: MessagesServer, store: str) -> None:
    process, gate = in_flight(messages_server, store)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert "still ends" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    output, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "  Failed: 1/1" in output
    assert "dropout-tui resume 1" in said
    gate.open()
    resumed(messages_server, store)
    assert len(messages_server.requests) == 4


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.long_run)])
def test_other_signals_cut_it_off_at_once(
    messages_server: MessagesServer, store: str, number: signal.Signals
) -> None:
    # What starts the tests may ignore it, as `nohup` does.
    process, gate = in_flight(messages_server, store, lambda: heed(number))
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"interrupted; go on with: dropout-tui resume 1 --store {store}" in said
    gate.open()
    resumed(messages_server, store)


def run_lines(options: list[str]) -> list[str]:
    return command("run", *options)


def run_dashboard(options: list[str]) -> list[str]:
    return command(*options)


@pytest.mark.parametrize("started", [pytest.param(run_lines, marks=pytest.mark.long_run), run_dashboard])
def test_a_terminal_that_is_closed(
    messages_server: MessagesServer, store: str, started: Callable[[list[str]], list[str]]
) -> None:
    gate = Gate()
    events = Answer(UNSCALED).events()
    messages_server.play(Answer(UNSCALED), Stream([*events[:3], gate, *events[3:]]))
    options = ["--runs", "3", "--sequential", "--model", "m", "--base-url", messages_server.url]
    process, terminal = pty.fork()
    if process == 0:
        heed(signal.SIGHUP)
        arguments = started([*options, "--store", store])
        os.execve(arguments[0], arguments, {**os.environ, "TERM": "xterm-256color"})
    # Read what it draws, or it would wait for room.
    while not gate.reached.is_set():
        if select.select([terminal], [], [], 0.05)[0]:
            os.read(terminal, 65536)
    os.close(terminal)
    _, status = os.waitpid(process, 0)
    assert not os.WIFSIGNALED(status)
    gate.open()
    opened = Store(Path(store))
    assert opened.state(1).tally.failed == 1
    opened.close()
    resumed(messages_server, store)


def evaluations_in(store: str) -> int:
    """How many evaluations anybody else can see in the file by now."""
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM evaluations").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def test_ctrl_c_before_the_first_request_says_how_to_go_on(
    messages_server: MessagesServer, store: str
) -> None:
    # Where the signal comes late, it comes amid the first of several.
    gate = Gate()
    messages_server.default = lambda _: Stream([gate, *Answer(UNSCALED).events()])
    options = ["--runs", "3", "--sequential", "--model", "m", "--base-url", messages_server.url]
    process = subprocess.Popen(
        command("run", *options, "--store", store),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_ctrl_c,
    )  # fmt: skip
    while not evaluations_in(store):
        assert process.poll() is None
        # Looking takes its time from the program.
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    gate.open()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines()[-1].endswith(f"go on with: dropout-tui resume 1 --store {store}")


@pytest.mark.parametrize(
    ("closed", "said_to", "line"),
    [
        ("1>&-", "stderr", "dropout-tui: the standard output is closed; send it to /dev/null instead\n"),
        ("2>&-", "stdout", "dropout-tui: the error output is closed; send it to /dev/null instead\n"),
        ("1>&- 2>&-", "stdout", ""),
    ],
)
@pytest.mark.parametrize("words", [("--help",), ("run", "--runs", "1", "--model", "sample")])
def test_an_output_that_is_closed_is_said_where_it_can_be(
    words: tuple[str, ...], closed: str, said_to: str, line: str
) -> None:
    program = f"{shlex.join(command(*words))} {closed}"
    done = subprocess.run(["sh", "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert getattr(done, said_to) == line
