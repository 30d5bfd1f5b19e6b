"""The situations in which keys are pressed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.dashboard.cost import memory, processor_share
from benchmarks.dashboard.key_to_paint import (
    LETTERS,
    CursorLine,
    Keys,
    latencies,
    marked_line,
    marked_row,
    press_keys,
)
from benchmarks.dashboard.programs import bare_cursor, dashboard, surroundings
from benchmarks.dashboard.stored import make_store
from benchmarks.dashboard.terminal import Program
from benchmarks.streaming_server import StreamingServer

TRIALS = 1_000
STORED = 10_000
IN_FLIGHT = 200
PACE = 10.0
"""Pieces of text a second of each stream: 2,000 in all."""
DELTAS = 300
"""Pieces of text in a reply, which so takes 30 s."""
CELLS = 24
CELL_RUNS = 200
SETTLING = 3.0
"""Seconds between the first sight of a screen and the first key."""

Sent = Callable[[], int]
"""How many pieces of text have been streamed so far."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A program that keys can be pressed in."""

    program: Program
    opened: float
    """Seconds from its start until the rows were painted."""
    sent: Sent = lambda: 0


@dataclass(frozen=True, slots=True)
class Situation:
    """Something that runs on the terminal, and how its cursor is found."""

    name: str
    begin: Callable[[Path], AbstractContextManager[Ready]]
    """Starts it with this folder as its home."""
    cursor_line: CursorLine = marked_line
    keys: Keys = LETTERS
    rests: bool = False
    """Nothing happens in it by itself."""


@dataclass(slots=True)
class Measured:
    """What was measured in one situation."""

    pressed: int = 0
    latencies: list[float] = field(default_factory=list)
    """Seconds from key to paint."""
    opened: list[float] = field(default_factory=list)
    """Seconds until the rows were painted."""
    busy: list[float] = field(default_factory=list)
    """Share of a processor while keys were pressed."""
    idle: list[float] = field(default_factory=list)
    """Share of a processor while nothing was done."""
    a_key: list[float] = field(default_factory=list)
    """Seconds of processor time for a key, where nothing happens by itself."""
    resident: float = 0.0
    """MiB after the last key, the largest of all rounds."""
    peak: float = 0.0
    deltas: list[float] = field(default_factory=list)
    """Pieces of text streamed a second."""


def measure(situation: Situation, into: Measured, *, keys: int, pause: float, rest: float) -> None:
    """Press `keys` once; where nothing happens by itself, also watch the program for `rest` seconds."""
    with TemporaryDirectory() as folder, situation.begin(Path(folder)) as ready:
        program = ready.program
        time.sleep(SETTLING)
        began, sent = time.perf_counter(), ready.sent()
        with processor_share(program.process) as busy:
            presses = press_keys(program, situation.keys, keys, pause)
        took = time.perf_counter() - began
        into.deltas.append((ready.sent() - sent) / took)
        if situation.rests:
            with processor_share(program.process) as idle:
                time.sleep(rest)
            into.idle.append(idle.of_processor)
            into.a_key.append(max(0.0, busy.of_processor - idle.of_processor) * took / keys)
        resident, peak = memory(program.process)
        output = list(program.output)
    into.pressed += keys
    into.latencies += latencies(output, presses, situation.cursor_line)
    into.opened.append(ready.opened)
    into.busy.append(busy.of_processor)
    into.resident, into.peak = max(into.resident, resident), max(into.peak, peak)


@contextmanager
def _bare(home: Path) -> Iterator[Ready]:
    with Program(bare_cursor(), surroundings(home)) as program:
        yield Ready(program, program.wait_for(b"line 1"))


@contextmanager
def _ended(home: Path, runs: int) -> Iterator[Ready]:
    store = home / "store.sqlite3"
    number = make_store(store, runs=runs, ended=runs)
    with Program(dashboard(store, "resume", str(number)), surroundings(home)) as program:
        yield Ready(program, program.wait_for("✗ failed".encode()))


@contextmanager
def _streaming(home: Path, stored: int) -> Iterator[Ready]:
    """`TRIALS` that stream, and below them `stored` ones that have ended."""
    store = home / "store.sqlite3"
    number = make_store(store, runs=TRIALS + stored, ended=stored, model="streaming")
    with StreamingServer(PACE, DELTAS) as server:
        where = ("--base-url", server.url, "--concurrency", str(IN_FLIGHT))
        with Program(dashboard(store, "resume", str(number), *where), surroundings(home)) as program:
            opened = program.wait_for("○ queued".encode())
            _wait_for_streams(server)
            yield Ready(program, opened, lambda: server.sent()["deltas"])


@contextmanager
def _sweeping(home: Path) -> Iterator[Ready]:
    """`CELLS` cells of sample answers, which are graded as fast as this machine can."""
    store = home / "store.sqlite3"
    values = ",".join(f"{number / CELLS:.3f}" for number in range(CELLS))
    grid = ("--model", "sample", "--set-grid", f"temperature={values}", "--runs", str(CELL_RUNS))
    with Program(dashboard(store, "sweep", *grid), surroundings(home)) as program:
        yield Ready(program, program.wait_for(b"in flight"))


def _wait_for_streams(server: StreamingServer) -> None:
    deadline = time.monotonic() + 60
    while (streams := server.sent()["streams"]) < IN_FLIGHT:
        if time.monotonic() > deadline:
            raise TimeoutError(f"only {streams} of {IN_FLIGHT} streams were begun")
        time.sleep(0.1)


ALL: Sequence[Situation] = (
    Situation("bare Textual app that moves a mark", _bare, rests=True),
    Situation(f"{TRIALS:,} trials, ended", lambda home: _ended(home, TRIALS), rests=True),
    Situation(f"{TRIALS:,} trials, {IN_FLIGHT} streaming at once", lambda home: _streaming(home, 0)),
    Situation(f"{STORED:,} trials, ended", lambda home: _ended(home, STORED), rests=True),
    Situation(
        f"{STORED:,} trials, {IN_FLIGHT} streaming at once", lambda home: _streaming(home, STORED - TRIALS)
    ),
    Situation(f"sweep of {CELLS} cells × {CELL_RUNS} trials, graded", _sweeping, cursor_line=marked_row),
)
