"""Time to first paint, beside a bare Textual app."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.dashboard.programs import bare, dashboard, surroundings
from benchmarks.dashboard.terminal import Program

BARE_APP = "bare Textual app"

OPENING = "opening …".encode()
"""Stands in the first frame of this program, below what it opens."""

Times = Mapping[str, list[float]]
"""Seconds from the start of the process until the words were painted, by what was measured."""


def first_paints(rounds: int) -> Iterator[Times]:
    """What was measured so far, after each round. The programs start in turn; a round before the first warms up."""
    times: dict[str, list[float]] = {}
    for number in range(rounds + 1):
        with TemporaryDirectory() as folder:
            for name, took in _round(Path(folder)):
                if number:
                    times.setdefault(name, []).append(took)
        if number:
            yield times


def _round(home: Path) -> Iterator[tuple[str, float]]:
    environment = surroundings(home)
    store = home / "store.sqlite3"
    with Program(bare(), environment) as program:
        yield BARE_APP, program.wait_for(b"painted")
    with Program(dashboard(store, "--model", "sample", "--start"), environment) as program:
        yield "dashboard (`--start`)", program.wait_for(OPENING)
        yield "the same, until rows of the table are painted", program.wait_for(b"queued")
    with Program(dashboard(store, "--model", "sample"), environment) as program:
        yield "launch form", program.wait_for(OPENING)
        yield "the same, until its fields are painted", program.wait_for(b"Concurrency")
