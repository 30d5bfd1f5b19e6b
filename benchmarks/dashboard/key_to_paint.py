"""From a key to the frame that shows what it did.

Keys that move the cursor of the table are pressed at a steady pace, whatever the program does meanwhile: a program
that stalls is charged for every key pressed during the stall. The bytes it writes are kept with their times and are
given to a terminal emulator (`pyte`) afterwards, which tells after each read on which line the cursor stood. A key's
time is that of the first read after which the cursor stands where this key, or a later one, takes it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, cycle, islice, repeat

import pyte

from benchmarks.dashboard.terminal import COLUMNS, LINES, Program

SWEEP = 9
"""Lines the cursor goes down before it goes up again; all of them are in sight."""
SETTLING = 3.0
"""Seconds that the last key is given; it counts as unseen if it takes longer."""

CursorLine = Callable[[pyte.Screen], int | None]
"""Finds the line of the table's cursor on a screen; ``None`` while it is not to be seen."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What moves the cursor."""

    down: bytes
    up: bytes


LETTERS = Keys(down=b"j", up=b"k")


@dataclass(frozen=True, slots=True)
class Press:
    """A key, when it was pressed, and how many lines below its first the cursor stands after it."""

    at: float
    place: int


def press_keys(program: Program, keys: Keys, count: int, pause: float) -> list[Press]:
    """Press `count` of `keys`, one each `pause` seconds, and give the last of them time to be shown."""
    sweep = chain(repeat((keys.down, 1), SWEEP), repeat((keys.up, -1), SWEEP))
    presses: list[Press] = []
    place, due = 0, time.perf_counter()
    for key, step in islice(cycle(list(sweep)), count):
        time.sleep(max(0.0, due - time.perf_counter()))
        place += step
        presses.append(Press(program.press(key), place))
        due += pause
    time.sleep(SETTLING)
    return presses


def latencies(
    output: Iterable[tuple[float, bytes]], presses: Sequence[Press], cursor_line: CursorLine
) -> list[float]:
    """Seconds from each key to the frame that shows it. Keys whose frame never came are missing."""
    waiting = 0
    found: list[float] = []
    first: int | None = None
    for at, line in cursor_lines(output, cursor_line):
        if at < presses[0].at:
            first = line
        elif first is not None:
            pressed = (number for number in range(waiting, len(presses)) if presses[number].at < at)
            shown = next((number for number in pressed if presses[number].place == line - first), None)
            if shown is not None:
                found += (at - press.at for press in presses[waiting : shown + 1])
                waiting = shown + 1
    return found


def cursor_lines(
    output: Iterable[tuple[float, bytes]], cursor_line: CursorLine
) -> Iterator[tuple[float, int]]:
    """Where the cursor is after each read that moved it."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    before: int | None = None
    for at, data in output:
        stream.feed(data)
        line = cursor_line(screen)
        if line is not None and line != before:
            before = line
            yield at, line


MATRIX_LABELS = 30
"""The mark of the matrix of a sweep stands behind the labels of its rows, in one of these columns."""


def marked_row(screen: pyte.Screen) -> int | None:
    """The line of the cell under the cursor in the matrix of a sweep whose cells take one line each."""
    marked = [
        line
        for line in range(LINES)
        if any(screen.buffer[line][column].data == "▌" for column in range(MATRIX_LABELS))
    ]
    return marked[0] if len(marked) == 1 else None


def marked_line(screen: pyte.Screen) -> int | None:
    """The line that begins with the mark of this program's table."""
    marked = [line for line in range(LINES) if screen.buffer[line][0].data == "▌"]
    # While a frame is half written there may be two of them, or none.
    return marked[0] if len(marked) == 1 else None
