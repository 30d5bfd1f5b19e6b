"""How a contestant's process is told to grade: one line of JSON in, one line of JSON out."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn took."""

    seconds: float
    """From the first to the last."""
    each: list[float]
    """Seconds of each grading."""
    passed: list[bool]


Answers = list[tuple[str, int]]
"""Codes, each with its seed."""


class Orders:
    """The lines, in the worker. Whatever else it prints goes to standard error."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)

    def next(self) -> dict[str, Answers | float] | None:
        """The next order; `None` when there are no more. Blocks."""
        line = sys.stdin.readline()
        return json.loads(line) if line else None

    def reply(self, what: object) -> None:
        """Answer it. Before the first order, say what this is."""
        self._out.write(json.dumps(what) + "\n")
        self._out.flush()


def serve(about: str, grade: Callable[[str, int], bool]) -> None:
    """Grade what is ordered, one after another."""
    orders = Orders()
    orders.reply(about)
    while (order := orders.next()) is not None:
        answers = order["grade"]
        assert isinstance(answers, list)
        each, passed = [], []
        began = time.perf_counter()
        for code, seed in answers:
            start = time.perf_counter()
            passed.append(grade(code, seed))
            each.append(time.perf_counter() - start)
        orders.reply(asdict(Turn(time.perf_counter() - began, each, passed)))


def preload_checks() -> None:
    """Load NumPy and the checks, so that forks of this process need not."""
    from benchmarks.grading.one_process import check

    with contextlib.suppress(AssertionError):
        check(lambda **arguments: arguments["x"] * 1.0, 0)
