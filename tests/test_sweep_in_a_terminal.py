"""A sweep in a real terminal, driven by tmux: killed, gone on with, and what stays on the terminal afterwards."""

from __future__ import annotations

import shutil
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chat_server import ChatAnswer, ChatServer
from tests.messages_server import Behaviour, Gate, Received, Stream
from tests.test_terminal import Terminal
from tests.tui.app.test_dropout_app import RIGHT

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux, which is not installed")


class Rates:
    """Answers as the model named in the request passes: ``r25`` at 25 %. The first `free` requests are answered at
    once, the others when the gate opens."""

    def __init__(self, free: int | None = None) -> None:
        self.gate = Gate()
        self.free = free
        self.asked: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, request: Received) -> Behaviour:
        model = str(request.body["model"])
        with self._lock:
            self.asked[model] += 1
            number, total = self.asked[model], self.asked.total()
        rate = int(model.removeprefix("r"))
        passes = number * rate // 100 > (number - 1) * rate // 100
        text = f"{RIGHT}\n{model} {number}" if passes else f"Rather not: {model}, {number}."
        events = ChatAnswer(text, size=100).events()
        held = self.free is not None and total > self.free
        return Stream([*events[:3], self.gate, *events[3:]] if held else events)


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


def begun(
    terminals: list[Terminal], tmp_path: Path, server: ChatServer, size: tuple[int, int], *options: str
) -> Terminal:
    command = [
        sys.executable, "-m", "dropout_tui", "sweep", "--api", "openai", "--base-url", server.url,
        "--max-tokens", "100",
        "--store", str(tmp_path / "store.sqlite3"), *options,
    ]  # fmt: skip
    environment = {
        "HOME": str(tmp_path),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    terminals.append(Terminal(tmp_path / f"tmux{len(terminals)}", *size, command, environment))
    return terminals[-1]


def test_killed_it_goes_on_and_its_closing_lines_stay(
    terminals: list[Terminal], tmp_path: Path, chat_server: ChatServer
) -> None:
    rates = chat_server.default = Rates(free=5)
    options = ("--models", "r0,r100", "--runs", "6", "--concurrency", "2")
    screen = begun(terminals, tmp_path, chat_server, (80, 24), *options)
    screen.reads("running, 2 at once", "2 in flight")
    screen.signal(signal.SIGKILL)
    screen.reads("left with 137")
    rates.gate.open()
    screen = begun(terminals, tmp_path, chat_server, (80, 24), *options)
    screen.reads("completed", r"r0 .*0/6", r"r100 .*6/6")
    screen.press("q")
    screen.reads("Sweep:", r"r100 +100 % \(61–100\) of 6", "Next: ", "left with 0")
    assert screen.modes() == "0 0 1"
    # Two were in flight when it was killed.
    assert rates.asked.total() <= 12 + 2


@pytest.mark.long_run
@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=["80x24", "200x60"])
def test_of_four_known_rates_the_one_in_the_band_is_marked_also_after_a_kill(
    terminals: list[Terminal], tmp_path: Path, chat_server: ChatServer, size: tuple[int, int]
) -> None:
    rates = chat_server.default = Rates(free=100)
    options = ("--models", "r5,r25,r38,r60", "--runs", "150", "--concurrency", "6", "--require-band")
    screen = begun(terminals, tmp_path, chat_server, size, *options)
    screen.reads("6 in flight")
    screen.signal(signal.SIGKILL)
    screen.reads("left with 137")
    rates.gate.open()
    screen = begun(terminals, tmp_path, chat_server, size, *options)
    screen.reads(r"(?m)^ *(completed|decided)\b", r"r25 .*▶")
    screen.press("q")
    closing = screen.reads(r"Next: `r25` \(evaluation 2\) is in the band", "left with 0")
    (fitting,) = [line for line in closing.splitlines() if "▶" in line]
    assert fitting.strip().startswith("r25")
