"""Which of its limits a process exceeds, and how long it was kept waiting."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time

import pytest

from dropout_core.sandbox.inside.stopwatch import (
    CLOCK,
    FEWEST_SECONDS,
    MOST_SECONDS,
    PROCESSOR,
    STARVED,
    Allowed,
    Look,
    Spent,
    Stopwatch,
    excess,
    read_from_ps,
    seconds_to_next_look,
    waited_meanwhile,
)
from tests.core.busy import busy_loops, on_one_processor
from tests.core.sandboxes import linux_only

ALLOWED = Allowed(processor=10, clock=60, patience=60)


@pytest.mark.parametrize(
    ("spent", "over"),
    [
        (Spent(elapsed=9, processor=9, waited=0), None),
        (Spent(elapsed=10.1, processor=10.1, waited=0), PROCESSOR),
        (Spent(elapsed=100, processor=10.1, waited=89.9), PROCESSOR),
        (Spent(elapsed=6, processor=10.1, waited=0), PROCESSOR),  # two threads
        (Spent(elapsed=60, processor=0.1, waited=0), CLOCK),
        (Spent(elapsed=60, processor=0.1, waited=0.5), None),
        (Spent(elapsed=60.5, processor=0.1, waited=0.5), CLOCK),
        (Spent(elapsed=60, processor=5, waited=55), None),
        (Spent(elapsed=66, processor=6, waited=60), STARVED),
        (Spent(elapsed=119, processor=9, waited=59), CLOCK),  # it slept for 51 s
    ],
)
def test_what_a_process_was_kept_waiting_is_not_its_own(spent: Spent, over: str | None) -> None:
    assert excess(spent, ALLOWED) == over


@pytest.mark.parametrize("processors", [1, 2, 64])
def test_no_limit_is_passed_by_much_before_the_next_look(processors: int) -> None:
    spent, looks = Spent(0, 0, 0), 0
    while excess(spent, ALLOWED) is None:
        seconds = seconds_to_next_look(spent, ALLOWED, processors)
        assert FEWEST_SECONDS <= seconds <= MOST_SECONDS
        spent = Spent(spent.elapsed + seconds, spent.processor + processors * seconds, 0)
        looks += 1
    assert spent.processor <= ALLOWED.processor + processors * FEWEST_SECONDS
    assert looks < 200


@pytest.mark.parametrize(
    ("before", "after", "seconds", "late", "waited"),
    [
        (Look(1, 2, True), Look(2, 6, True), 5, 0, 4),  # the system tells
        (Look(1, 2, False), Look(1, 2, False), 5, 0, 0),
        (Look(1, 2, True), Look(2, 9, True), 5, 0, 4),  # never more than it did not run
        (Look(1, None, True), Look(2, None, True), 5, 0, 4),  # it does not tell, and the process wants to run
        (Look(1, None, True), Look(2, None, False), 5, 0, 0),  # it is asleep
        (Look(1, 0, False), Look(1, 0, False), 605, 600, 600),  # whoever looks was stopped, with all else
        (Look(1, 0, True), Look(5, 0, True), 4, 0.1, 0),  # it ran all the time
    ],
)
def test_waiting_is_distinguished_from_sleeping(
    before: Look, after: Look, seconds: float, late: float, waited: float
) -> None:
    assert waited_meanwhile(before, after, seconds, late) == pytest.approx(waited)


@pytest.mark.parametrize(
    ("line", "look"),
    [
        ("R     0:10.04\n", Look(10.04, None, True)),
        ("Ss 00:01:30", Look(90, None, False)),
        ("R+ 1-02:03:04", Look(93_784, None, True)),
        ("", None),
    ],
)
def test_output_of_ps_is_parsed(line: str, look: Look | None) -> None:
    assert read_from_ps(line) == look


def followed(stopwatch: Stopwatch) -> str:
    """Look whenever it is time, until something is exceeded."""
    while True:
        time.sleep(stopwatch.seconds_left())
        over = stopwatch.look()
        if over is not None:
            return over


SPIN, SLEEP = "while True: pass", "import time; time.sleep(1000)"
STOP = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"


@linux_only
@pytest.mark.parametrize(
    ("code", "allowed", "over"),
    [
        (SPIN, Allowed(0.3, math.inf, math.inf), PROCESSOR),
        (SLEEP, Allowed(math.inf, 0.5, math.inf), CLOCK),
        (STOP, Allowed(math.inf, 0.5, math.inf), CLOCK),
    ],
)
def test_a_real_process_is_followed(code: str, allowed: Allowed, over: str) -> None:
    process = subprocess.Popen([sys.executable, "-S", "-c", code])
    try:
        assert followed(Stopwatch(process.pid, allowed)) == over
    finally:
        process.kill()
        process.wait()


@linux_only
def test_a_process_that_is_kept_waiting_is_seen_to_be() -> None:
    with on_one_processor(), busy_loops(8):
        process = subprocess.Popen([sys.executable, "-S", "-c", SPIN], start_new_session=True)
        try:
            assert followed(Stopwatch(process.pid, Allowed(math.inf, 0.5, 0.5))) == STARVED
        finally:
            process.kill()
            process.wait()


@linux_only
def test_the_time_of_a_whole_life_decides_in_the_end() -> None:
    process = subprocess.Popen([sys.executable, "-S", "-c", SLEEP])
    try:
        stopwatch = Stopwatch(process.pid, Allowed(1.0, math.inf, math.inf), processor_before=0.5)
        assert stopwatch.conclusion(1.4) is None
        assert stopwatch.conclusion(1.6) == PROCESSOR
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
