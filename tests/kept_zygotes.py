"""Warm processes that tests use one after the other: to start one takes longer than what most tests have it do.

Sandboxes open, test themselves and close as ever; only the process that they would start is one that another has left.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from unittest.mock import patch

from dropout_core.sandbox import ReadableFolder
from dropout_core.sandbox.processes import warm_process
from dropout_core.sandbox.processes.zygote import Zygote

MOST = 4
"""Processes that wait for the next test."""
Kind = tuple[str, tuple[str, ...]]
"""Interpreter and layers."""


class KeptZygotes:
    """Those that wait, by what they were started with."""

    def __init__(self) -> None:
        self._waiting: dict[Kind, list[Zygote]] = {}
        self._kinds: dict[Zygote, Kind] = {}
        self._end: Callable[[Zygote], None] = Zygote.close
        self._process = os.getpid()
        """A fork of it takes and leaves nothing here: the processes that wait are its parent's."""

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Sandboxes that are opened and closed meanwhile take and leave processes here."""
        with (
            patch.object(warm_process, "Zygote", self._started),
            patch.object(Zygote, "close", lambda zygote: self._left(zygote)),
        ):
            yield

    def end(self) -> None:
        """End all that wait."""
        for waiting in self._waiting.values():
            while waiting:
                self._end(waiting.pop())

    def _started(
        self, interpreter: str, layers: Collection[str], folder: ReadableFolder | None = None
    ) -> Zygote:
        if folder is not None or os.getpid() != self._process:
            return Zygote(interpreter, layers, folder)
        kind = interpreter, tuple(layers)
        with suppress(IndexError):
            while True:
                zygote = self._waiting.setdefault(kind, []).pop()
                if zygote.is_alive:
                    return zygote
                zygote.kill()
        zygote = Zygote(interpreter, layers)
        self._kinds[zygote] = kind
        return zygote

    def _left(self, zygote: Zygote) -> None:
        kind = self._kinds.get(zygote)
        fresh_enough = zygote.served < warm_process.RECYCLE_AFTER and zygote.is_alive
        if kind is None or not fresh_enough or len(self._waiting[kind]) >= MOST:
            self._kinds.pop(zygote, None)
            self._end(zygote)
        else:
            self._waiting[kind].append(zygote)
