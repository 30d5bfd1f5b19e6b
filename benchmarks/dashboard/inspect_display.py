"""Inspect AI's full display, as far as it can be put beside this program's.

Its list of running samples has a cursor, so key to paint is measured alike. What is not alike, each time in its
favour: it has no text that arrives piece by piece (its mock model gives whole replies, some 20 a second here), nothing
is graded, its list shows the samples that run and not all of them, and none ends while keys are pressed, since that
would move the list.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyte

from benchmarks.dashboard.key_to_paint import Keys
from benchmarks.dashboard.programs import surroundings
from benchmarks.dashboard.situations import IN_FLIGHT, TRIALS, Ready, Situation
from benchmarks.dashboard.terminal import LINES, Program

PACKAGE = "inspect-ai"
TASK = "benchmarks.dashboard.workers.inspect_task"
ARROWS = Keys(down=b"\x1b[B", up=b"\x1b[A")
CLICK_SAMPLES_TAB = b"\x1b[<0;15;2M\x1b[<0;15;2m"
CLICK_FIRST_SAMPLE = b"\x1b[<0;10;6M\x1b[<0;10;6m"
LINES_A_SAMPLE = 3
LEFT_OF_LIST, IN_LIST = 2, 5
"""Columns of the screen."""
UNDER_WAY = 12.0
"""Seconds after which every sample has been started and the first ones have been answered."""


def python(cache: Path) -> Path:
    """The interpreter of its environment."""
    return cache / PACKAGE / "bin" / "python"


def situations(cache: Path) -> Sequence[Situation]:
    """The same number of samples as trials stream in this program."""
    return [
        Situation(
            f"Inspect AI: {TRIALS:,} samples, {IN_FLIGHT} at once",
            lambda home: _display(cache, home),
            cursor_line=highlighted_sample,
            keys=ARROWS,
        )
    ]


@contextmanager
def _display(cache: Path, home: Path) -> Iterator[Ready]:
    command = [str(python(cache)), "-m", TASK, str(TRIALS), str(IN_FLIGHT), str(home / "logs")]
    with Program(command, surroundings(home)) as program:
        opened = program.wait_for(b"Running Samples", timeout=120)
        time.sleep(UNDER_WAY)
        program.press(CLICK_SAMPLES_TAB)
        program.wait_for(b"id: 9", timeout=60)
        program.press(CLICK_FIRST_SAMPLE)
        yield Ready(program, opened)


def highlighted_sample(screen: pyte.Screen) -> int | None:
    """The sample in sight with another background than what is beside the list; ``None`` in a half-written frame."""
    lit = [y for y in range(LINES) if screen.buffer[y][IN_LIST].bg != screen.buffer[y][LEFT_OF_LIST].bg]
    if not lit or lit != list(range(lit[0], lit[0] + LINES_A_SAMPLE)):
        return None
    return lit[0] // LINES_A_SAMPLE
