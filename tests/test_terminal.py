"""The program in a real terminal, driven by tmux: start, watch, open, pause, rerun, resume, quit."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chat_server import ChatAnswer, ChatServer
from tests.messages_server import Gate, Received, Stream
from tests.tui.app.test_dropout_app import RIGHT, UNSCALED

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux, which is not installed")


class Terminal:
    """One tmux session of its own server."""

    def __init__(
        self, socket: Path, width: int, height: int, command: list[str], environment: dict[str, str]
    ) -> None:
        self._tmux = ["tmux", "-S", str(socket), "-f", os.devnull]
        settings = [part for name, value in environment.items() for part in ("-e", f"{name}={value}")]
        size = ["-x", str(width), "-y", str(height)]
        self._run(
            "new-session", "-d", *size, *settings, f"{shlex.join(command)}; echo left with $?; exec cat"
        )

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._tmux, *arguments], capture_output=True, text=True, check=True, timeout=30
        )
        return done.stdout

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program, which is the only child of the terminal's shell."""
        os.kill(int(self.program().name), number)

    def program(self) -> Path:
        """Where the kernel keeps the program, as long as it lives."""
        shell = self._run("display-message", "-p", "#{pane_pid}").strip()
        (child,) = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        return Path(f"/proc/{child}")

    def title(self) -> str:
        """The title of the window."""
        return self._run("display-message", "-p", "#{pane_title}").strip()

    def modes(self) -> str:
        """Alternate screen, mouse reporting, cursor."""
        return self._run("display-message", "-p", "#{alternate_on} #{mouse_any_flag} #{cursor_flag}").strip()

    def press(self, *keys: str) -> None:
        self._run("send-keys", *keys)

    def type(self, text: str) -> None:
        """All of `text` at once, as letters."""
        self._run("send-keys", "-l", text)

    def paste(self, text: str) -> None:
        """What the terminal pastes when it holds `text`."""
        load = [*self._tmux, "load-buffer", "-"]
        subprocess.run(load, input=text, text=True, check=True, timeout=30)
        self._run("paste-buffer", "-p")

    def buffer(self) -> str:
        """What tmux would paste."""
        return self._run("show-buffer")

    def screen(self) -> str:
        return self._run("capture-pane", "-p")

    def reads(self, *patterns: str) -> str:
        """Wait until the screen reads all of `patterns`."""
        return self.until(lambda screen: all(re.search(pattern, screen) for pattern in patterns), patterns)

    def until(self, so: Callable[[str], bool], what: object) -> str:
        deadline = time.monotonic() + 60
        while not so(screen := self.screen()):
            assert time.monotonic() < deadline, f"{what} was never to be read in\n{screen}"
            # Each look is a process of its own, which takes its time from the program.
            time.sleep(0.05)
        return screen

    def close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False, timeout=30)


SMALL, LARGE = (80, 24), (120, 40)
SMALL_FIRST = [pytest.param(SMALL, id="small"), pytest.param(LARGE, id="large", marks=pytest.mark.long_run)]
LARGE_FIRST = [pytest.param(LARGE, id="large"), pytest.param(SMALL, id="small", marks=pytest.mark.long_run)]


@pytest.fixture(params=SMALL_FIRST)
def terminal(
    request: pytest.FixtureRequest, tmp_path: Path, chat_server: ChatServer
) -> Iterator[tuple[Terminal, Gate]]:
    gate = Gate()
    replies = iter([UNSCALED, RIGHT, UNSCALED, RIGHT])

    def answer(received: Received) -> Stream:
        events = ChatAnswer(next(replies, UNSCALED), size=100).events()
        held = len(chat_server.requests) == 1
        return Stream([*events[:3], gate, *events[3:]] if held else events)

    chat_server.default = answer
    command = [
        sys.executable, "-m", "dropout_tui", "--model", "m", "--base-url", chat_server.url, "--api", "openai",
        "--runs", "3", "--concurrency", "1", "--seed", "7", "--store", str(tmp_path / "store.sqlite3"),
    ]  # fmt: skip
    environment = {
        "HOME": str(tmp_path),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    width, height = request.param
    one = Terminal(tmp_path / "tmux", width, height, command, environment)
    yield one, gate
    gate.open()
    one.close()


@pytest.mark.parametrize("terminal", LARGE_FIRST, indirect=True)
def test_start_watch_pause_open_rerun_resume_quit(terminal: tuple[Terminal, Gate]) -> None:
    screen, gate = terminal
    screen.reads(r"1  ● replying", r"2  ○ queued", "Pass rate")
    screen.press("Space")
    screen.reads(r"1  ‖ pausing")
    gate.open()
    screen.reads(r"1  ‖ paused", r"2  ✓ passed", r"3  ✗ failed", r"50 %")
    screen.press("Down", "Down", "Enter")
    screen.reads(r"Run 3", r"✗ Scaling +×1\.00", r"def dropout\(x, p, training\)", r"expected 2\.00 ×")
    screen.press("r")
    screen.reads(r"attempt 1 of 2", r"✗ Scaling")  # the attempt that is read stays
    screen.press("Escape")
    screen.reads(r"3.*✓ passed", r"1  ‖ paused")
    screen.press("Up", "Up", "Space")
    screen.reads(r"1  ✗ failed", "33 %", "completed")
    screen.press("q")
    screen.reads("Passed: 1/3", "left with 0")


def test_quitting_with_runs_in_flight_asks_and_says_how_to_go_on(terminal: tuple[Terminal, Gate]) -> None:
    screen, _ = terminal
    screen.reads(r"1  ● replying")
    screen.press("q")
    screen.reads("1 trial is running")
    screen.press("Escape")
    screen.until(lambda text: "1 trial is running" not in text, "the dashboard")
    screen.press("q")
    screen.reads("1 trial is running")
    screen.press("y")
    screen.reads("Go on with: dropout-tui resume 1", "left with 0")


def test_a_signal_leaves_the_terminal_as_it_was(terminal: tuple[Terminal, Gate]) -> None:
    screen, _ = terminal
    screen.reads(r"1  ● replying")
    screen.signal(signal.SIGTERM)
    screen.reads("Go on with: dropout-tui resume 1", "left with 130")
    assert screen.modes() == "0 0 1"


def test_the_program_does_not_outlive_its_window(terminal: tuple[Terminal, Gate]) -> None:
    screen, _ = terminal
    screen.reads(r"1  ● replying")
    program = screen.program()
    screen.close()
    deadline = time.monotonic() + 60
    while program.exists():
        assert time.monotonic() < deadline, "the program is still there"
        time.sleep(0.01)


def test_the_title_says_how_it_stands_and_is_given_back(terminal: tuple[Terminal, Gate]) -> None:
    screen, gate = terminal
    screen.reads(r"1  ● replying")
    screen.until(lambda _: screen.title() == "dropout-tui 0/3 running", "the title")
    gate.open()
    screen.until(lambda _: screen.title() == "dropout-tui 1/3 passed", "the title")
    screen.press("q")
    screen.reads("left with 0")
    assert "dropout-tui" not in screen.title()


PROMPT = r"[#$]\s*$"
FILTER_LINE = r"/ *failed +check:"
PASTED_LOG = "\x1b[31mX y\x1b[0m\r\n\x1bq y /r \x1b[2K\x03 done"


def test_what_is_typed_after_the_slash_or_pasted_is_no_command(
    terminal: tuple[Terminal, Gate], chat_server: ChatServer
) -> None:
    screen, _ = terminal
    screen.reads(r"1  ● replying")
    for word in ("random", "rex", "xXqV", "+++++"):
        screen.type(f"/{word}")
        screen.reads(rf"/ *{re.escape(word)}", "No run matches")
        screen.press("Escape")
        screen.reads(r"1  ● replying", "running, 1 at once")
    screen.paste(PASTED_LOG * 1000)  # text in no line
    screen.type("/")
    screen.reads(FILTER_LINE)
    screen.paste(PASTED_LOG)
    screen.type("!")
    screen.reads(r"\[31mX y\[0m!", "No run matches")
    screen.press("Escape")
    screen.reads(r"1  ● replying", "running, 1 at once")
    assert len(chat_server.requests) == 1


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell with jobs")
def test_ctrl_z_gives_the_shell_back_and_fg_returns(tmp_path: Path, chat_server: ChatServer) -> None:
    gate = Gate()
    chat_server.default = lambda _: Stream(
        [*(events := ChatAnswer(RIGHT, size=100).events())[:3], gate, *events[3:]]
    )
    program = [
        sys.executable, "-m", "dropout_tui", "--model", "m", "--base-url", chat_server.url, "--api", "openai",
        "--runs", "1", "--start", "--store", str(tmp_path / "store.sqlite3"),
    ]  # fmt: skip
    environment = {
        "HOME": str(tmp_path), "TERM": "xterm-256color", "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }  # fmt: skip
    screen = Terminal(tmp_path / "tmux", 100, 30, ["bash", "--norc", "-i"], environment)
    try:
        screen.reads(PROMPT)
        screen.type(shlex.join(program))
        screen.press("Enter")
        screen.reads(r"1  ● replying")
        screen.press("C-z")
        screen.reads("Stopped", PROMPT)
        assert screen.modes() == "0 0 1"
        gate.open()
        screen.type("fg")
        screen.press("Enter")
        screen.reads(r"1  ✓ passed", "completed")
        screen.press("q")
        screen.reads("Passed: 1/1")
    finally:
        gate.open()
        screen.close()


def test_copied_code_is_in_the_buffer_of_tmux(terminal: tuple[Terminal, Gate]) -> None:
    screen, gate = terminal
    gate.open()
    screen.reads(r"3  ✗ failed", "completed")
    screen.press("y")
    screen.reads("Copied the code of run 1")
    assert "def dropout(x, p, training)" in screen.buffer()
