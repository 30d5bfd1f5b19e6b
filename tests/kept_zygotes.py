"""Warm processes that tests use one after the other: to start one takes longer than what most tests have it do.

Sandboxes open, test themselves and close as ever; only, where one would start a process because it has none that is
idle, it takes one that another has left. One that has to be new is started, as ever.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from dropout_core.sandbox.processes.warm_process import RECYCLE_AFTER, WarmProcess
from dropout_core.sandbox.processes.zygote import Zygote

MOST = 4
"""Processes that wait for the next test."""
Kind = tuple[str | None, tuple[str, ...]]
"""Interpreter and layers."""


class KeptZygotes:
    """Those that wait, by what they were started with."""

    def __init__(self) -> None:
        self._waiting: dict[Kind, list[Zygote]] = {}
        self._process = os.getpid()
        """A fork of it takes and leaves nothing here: the processes that wait are its parent's."""

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Sandboxes that are opened and closed meanwhile take and leave processes here."""
        idle_one, end = WarmProcess._idle_one, WarmProcess._end

        def idle_or_left(sandbox: WarmProcess) -> Zygote | None:
            return idle_one(sandbox) or self._taken(sandbox)

        def leave_and_end(sandbox: WarmProcess) -> None:
            sandbox._threads.shutdown()  # no thread has one any more
            self._leave(sandbox)
            end(sandbox)

        with (
            patch.object(WarmProcess, "_idle_one", idle_or_left),
            patch.object(WarmProcess, "_end", leave_and_end),
        ):
            yield

    def end(self) -> None:
        """End all that wait."""
        for waiting in self._waiting.values():
            while waiting:
                waiting.pop().close()

    def _taken(self, sandbox: WarmProcess) -> Zygote | None:
        waiting = self._waiting_for(sandbox)
        while waiting:
            try:
                zygote = waiting.pop()
            except IndexError:  # another thread was faster
                break
            if zygote.is_alive:
                return zygote
            zygote.kill()
        return None

    def _leave(self, sandbox: WarmProcess) -> None:
        waiting = self._waiting_for(sandbox)
        while waiting is not None and sandbox._idle and len(waiting) < MOST:
            zygote = sandbox._idle.pop()
            if zygote.is_alive and zygote.served < RECYCLE_AFTER:
                waiting.append(zygote)
            else:
                zygote.close()

    def _waiting_for(self, sandbox: WarmProcess) -> list[Zygote] | None:
        """Those that it may use; `None` where it uses only its own."""
        if sandbox._folder is not None or os.getpid() != self._process:
            return None
        return self._waiting.setdefault((sandbox._interpreter, sandbox._layers), [])
