"""Ctrl-C, SIGTERM and SIGHUP while an evaluation runs without a screen."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Protocol

from dropout_core.state.end_reasons import INTERRUPTED
from dropout_core.storage.errors import StoreBlocked

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Running(Protocol):
    """What is stopped: an evaluation, or several."""

    def stop(self, reason: str) -> object:
        """Begin nothing more; what is in flight ends by itself."""
        ...

    def cut_off(self, reason: str) -> object:
        """End what is in flight, too."""
        ...


class Storing(Protocol):
    """What makes results durable."""

    @property
    def blocked(self) -> StoreBlocked | None:
        """Why it takes nothing at present, if it does not."""
        ...


class Interruption:
    """The first Ctrl-C lets the runs in flight end; the second, or another signal, cuts them off. True once one came.

    Asked in batches, the first cuts them off too: a batch goes on at its server, and takes a day.

    Before there is an evaluation, and while nothing can be stored, there is nothing to wait for: the task that
    entered this context is cancelled.
    """

    def __init__(
        self, journal: Storing, complain: Callable[[str], None], *, in_batches: bool = False
    ) -> None:
        self.evaluation: Running | None = None
        """What to stop, once it is open."""
        self._journal = journal
        self._in_batches = in_batches
        self._complain = complain
        self._task: asyncio.Task[object] | None = None
        self._handled: list[signal.Signals] = []
        self._count = 0

    def __bool__(self) -> bool:
        return self._count > 0

    def __enter__(self) -> Interruption:
        self._task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        # A signal that is ignored stays ignored: nohup and background jobs of a shell rely on it.
        self._handled = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        for number in self._handled:
            loop.add_signal_handler(number, self._interrupt if number is signal.SIGINT else self._cut_off)
        return self

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for number in self._handled:
            loop.remove_signal_handler(number)

    def _interrupt(self) -> None:
        self._count += 1
        if self._count > 1 or self.evaluation is None or self._in_batches:
            self._cut_off()
        else:
            self._complain("stopping: what is in flight still ends; press Ctrl-C again to cut it off")
            self.evaluation.stop(INTERRUPTED)

    def _cut_off(self) -> None:
        self._count += 1
        if self.evaluation is not None:
            self.evaluation.cut_off(INTERRUPTED)
        if self._task is not None and (self.evaluation is None or self._journal.blocked is not None):
            self._task.cancel()
