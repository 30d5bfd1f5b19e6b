"""Makes events durable before anyone is shown them, in the order they happened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from dropout_core.events import FLEETING, Event
from dropout_core.store import Store

Listener = Callable[[Sequence[Event]], None]


class Journal:
    """Takes events at once, commits what has gathered in a thread, then hands it to the listeners.

    Events that arrive while a commit is under way share the next one, so a slow disk delays but never blocks.
    """

    def __init__(self, store: Store, evaluation: int) -> None:
        self.evaluation = evaluation
        """The evaluation's number in the store."""
        self._store = store
        self.on_failure: Callable[[Exception], None] | None = None
        """Called once if something can be neither stored nor shown; nothing is taken after that."""
        self._listeners: list[Listener] = []
        self._gathered: list[Event] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._writer: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._failure: Exception | None = None

    def listen(self, listener: Listener) -> None:
        """Call `listener` with each batch of events once they are durable."""
        self._listeners.append(listener)

    def record(self, event: Event) -> None:
        """Take an event. Must be called from the event loop."""
        if self._failure is None:
            self._gathered.append(event)
            self._write_soon()

    async def flush(self) -> None:
        """Wait until everything recorded so far is durable and shown.

        Raises:
            StoreUnusable: it could not be stored.
        """
        if self._failure is not None:
            raise self._failure
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        self._write_soon()
        await done

    async def close(self) -> None:
        """Store what is left, and stop."""
        try:
            await self.flush()
        finally:
            self._thread.shutdown(wait=False)

    def _write_soon(self) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._gathered or self._waiting:
            batch, self._gathered = self._gathered, []
            waiting, self._waiting = self._waiting, []
            try:
                if any(not isinstance(event, FLEETING) for event in batch):
                    await loop.run_in_executor(self._thread, self._store.append, self.evaluation, batch)
                if batch:
                    for listener in self._listeners:
                        listener(batch)
            except Exception as error:
                self._fail(error, waiting)
                return
            for future in waiting:
                if not future.done():
                    future.set_result(None)

    def _fail(self, error: Exception, waiting: list[asyncio.Future[None]]) -> None:
        self._failure = error
        self._gathered.clear()
        for future in (*waiting, *self._waiting):
            if not future.done():
                future.set_exception(error)
        self._waiting.clear()
        if self.on_failure is not None:
            self.on_failure(error)
