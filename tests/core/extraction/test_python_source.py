"""Text is read as Python whatever else the process does meanwhile."""

from __future__ import annotations

import ast
import gc
import sys
import threading
from collections.abc import Iterator

import pytest

from dropout_core.extraction.python_source import parse

CODE = "def dropout(x, p, training):\n" + "".join(
    f"    a{line} = (x * {line} + p) ** 2 if training else [x, (p, {{x: p}})]\n" for line in range(60)
)


class Cleaned:
    """Garbage that takes Python code to be collected, during which other threads have their turn."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        for _ in range(50):
            pass


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads that take turns, and a garbage collector that runs, as often as can be."""
    switched, collected = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-6)
    gc.set_threshold(20, 2, 2)
    yield
    gc.set_threshold(*collected)
    sys.setswitchinterval(switched)


@pytest.mark.usefixtures("restless")
def test_many_threads_may_parse_at_once() -> None:
    """On CPython 3.11 this is a SystemError in every tenth call, unless they take turns."""
    read: list[bool] = []

    def work() -> None:
        for _ in range(15):
            Cleaned()
            read.append(isinstance(parse(CODE), ast.Module))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read == [True] * 60
