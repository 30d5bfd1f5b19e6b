"""Turns to run: several pieces of code at a time, or one alone. For threads."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from dropout_core.sandbox import SandboxBroken

STOPPED = "the sandbox was closed while the code ran"


class Turns:
    """Gives out turns, at most so many at a time."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._running = 0
        self._claimed = False
        """Whether someone has, or waits for, a turn alone; nobody else begins meanwhile."""
        self._changing = threading.Condition()

    @contextlib.contextmanager
    def taken(self, stopped: Callable[[], bool], *, alone: bool = False) -> Iterator[None]:
        """Wait for a turn, and hold it during the block; `alone` means that no other is held meanwhile.

        Raises:
            SandboxBroken: it was stopped meanwhile; see `wake`.
        """
        with self._changing:
            self._wait(stopped, lambda: not self._claimed and (alone or self._running < self._at_once))
            if alone:
                self._claimed = True
                try:
                    self._wait(stopped, lambda: self._running == 0)
                except SandboxBroken:
                    self._give_up_claim()
                    raise
            self._running += 1
        try:
            yield
        finally:
            with self._changing:
                self._running -= 1
                if alone:
                    self._give_up_claim()
                self._changing.notify_all()

    def wake(self) -> None:
        """Have those that wait check whether they are stopped."""
        with self._changing:
            self._changing.notify_all()

    def _wait(self, stopped: Callable[[], bool], ready: Callable[[], bool]) -> None:
        self._changing.wait_for(lambda: stopped() or ready())
        if stopped():
            raise SandboxBroken(STOPPED)

    def _give_up_claim(self) -> None:
        self._claimed = False
        self._changing.notify_all()
