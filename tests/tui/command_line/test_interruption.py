"""Signals and closed terminals: every way of ending leaves the store whole and says how to go on.

The programs ask over Chat Completions, whose SDK is imported in half the time.
"""

import os
import pty
import select
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from dropout_core.storage.store import Store
from tests.chat_server import ChatAnswer, ChatServer
from tests.messages_server import Gate, Stream
from tests.tui.command_line.test_command_line import UNSCALED
from tests.tui.program import Done, command, dropout_tui

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "store.sqlite3")


def heed(number: signal.Signals) -> None:
    signal.signal(number, signal.SIG_DFL)


def heed_ctrl_c() -> None:
    """A shell that runs the tests in the background has them ignore it."""
    heed(signal.SIGINT)


def three_runs(server: ChatServer, store: str) -> list[str]:
    """Options of three runs, one after the other."""
    asked = ("--api", "openai", "--model", "m", "--base-url", server.url)
    return ["--runs", "3", "--sequential", *asked, "--store", store]


def answer_one_and_begin_another(server: ChatServer) -> Gate:
    """The second reply stops amid its text, at the gate."""
    gate = Gate()
    events = ChatAnswer(UNSCALED).events()
    server.play(ChatAnswer(UNSCALED), Stream([*events[:3], gate, *events[3:]]))
    return gate


def in_flight(server: ChatServer, store: str) -> tuple[subprocess.Popen[str], Gate]:
    """A program with one reply stored and another under way."""
    gate = answer_one_and_begin_another(server)
    process = subprocess.Popen(
        command("run", *three_runs(server, store)),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_ctrl_c,
    )  # fmt: skip
    assert gate.reached.wait(60)
    return process, gate


def resumed(server: ChatServer, store: str) -> None:
    """What is left can be done, and no more than that. In this process, which has the SDK already."""
    server.default = ChatAnswer(UNSCALED)
    done = dropout_tui("resume", "--store", store)
    assert done.returncode == 0, done.stderr
    assert "Run 1:" not in done.stdout
    assert "  Failed: 3/3" in done.stdout


def test_the_first_ctrl_c_lets_what_is_in_flight_end_and_a_signal_ignored_by_nohup_stays_ignored(
    chat_server: ChatServer, store: str
) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process, gate = in_flight(chat_server, store)
    finally:
        signal.signal(signal.SIGHUP, before)
    # Meanwhile no other program runs the same evaluation.
    refused = dropout_tui("resume", "1", "--store", store)
    assert refused.returncode == 2
    assert "is being run by another program" in refused.stderr
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert "still ends" in process.stderr.readline()
    gate.open()
    output, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "  Failed: 2/2" in output
    assert f"interrupted; go on with: dropout-tui resume 1 --store {store}" in said
    resumed(chat_server, store)
    assert len(chat_server.requests) == 3


@pytest.fixture
def heeded() -> Iterator[None]:
    """Signals that what starts the tests may ignore, as `nohup` does, end what takes no care of them."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def sent_to_itself(number: signal.Signals, times: int, reached: Event, *arguments: str) -> Done:
    """A program within this process, to which a signal comes once `reached` is set; each further one once the program
    has said that it has heard the one before."""
    over = Event()

    def send() -> None:
        assert reached.wait(60)
        for _ in range(times):
            os.kill(os.getpid(), number)
            while b"still ends" not in os.pread(sys.stderr.fileno(), 10_000, 0) and not over.is_set():
                # Looking takes its time from the program.
                time.sleep(0.001)

    with ThreadPoolExecutor(1) as beside:
        sending = beside.submit(send)
        try:
            done = dropout_tui(*arguments)
        finally:
            over.set()
    sending.result()
    return done


@pytest.mark.usefixtures("heeded")
def test_the_second_ctrl_c_cuts_it_off(chat_server: ChatServer, store: str) -> None:
    gate = answer_one_and_begin_another(chat_server)
    done = sent_to_itself(signal.SIGINT, 2, gate.reached, "run", *three_runs(chat_server, store))
    assert done.returncode == 130
    assert "still ends" in done.stderr
    assert "  Failed: 1/1" in done.stdout
    assert "dropout-tui resume 1" in done.stderr
    gate.open()
    resumed(chat_server, store)
    assert len(chat_server.requests) == 4


@pytest.mark.usefixtures("heeded")
@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.long_run)])
def test_other_signals_cut_it_off_at_once(
    chat_server: ChatServer, store: str, number: signal.Signals
) -> None:
    gate = answer_one_and_begin_another(chat_server)
    done = sent_to_itself(number, 1, gate.reached, "run", *three_runs(chat_server, store))
    assert done.returncode == 130
    assert "still ends" not in done.stderr
    assert f"interrupted; go on with: dropout-tui resume 1 --store {store}" in done.stderr
    gate.open()
    resumed(chat_server, store)


def run_lines(options: list[str]) -> list[str]:
    return command("run", *options)


def run_dashboard(options: list[str]) -> list[str]:
    return command(*options)


@pytest.mark.parametrize("started", [pytest.param(run_lines, marks=pytest.mark.long_run), run_dashboard])
def test_a_terminal_that_is_closed(
    chat_server: ChatServer, store: str, started: Callable[[list[str]], list[str]]
) -> None:
    gate = answer_one_and_begin_another(chat_server)
    process, terminal = pty.fork()
    if process == 0:
        heed(signal.SIGHUP)
        arguments = started(three_runs(chat_server, store))
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
    resumed(chat_server, store)


def evaluations_in(store: str) -> int:
    """How many evaluations anybody else can see in the file by now."""
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM evaluations").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def test_ctrl_c_before_the_first_request_says_how_to_go_on(chat_server: ChatServer, store: str) -> None:
    # Where the signal comes late, it comes amid the first of several.
    gate = Gate()
    chat_server.default = lambda _: Stream([gate, *ChatAnswer(UNSCALED).events()])
    process = subprocess.Popen(
        command("run", *three_runs(chat_server, store)),
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
@pytest.mark.parametrize(
    "words",
    [("run", "--runs", "1", "--model", "sample"), pytest.param(("--help",), marks=pytest.mark.long_run)],
)
def test_an_output_that_is_closed_is_said_where_it_can_be(
    words: tuple[str, ...], closed: str, said_to: str, line: str
) -> None:
    program = f"{shlex.join(command(*words))} {closed}"
    done = subprocess.run(["sh", "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert getattr(done, said_to) == line
