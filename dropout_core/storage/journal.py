"""Journal: makes events durable before anyone is shown them, in the order they happened."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from dropout_core.state.events import FLEETING, Event, VerdictReached
from dropout_core.state.trial_state import TrialState
from dropout_core.storage.errors import StoreBlocked
from dropout_core.storage.store import Store
from dropout_core.values.conversation import Message

_log = logging.getLogger(__name__)

Listener = Callable[[Sequence[Event]], None]

RETRY_SECONDS = 1.0
"""Seconds between two tries to write to a store that is blocked."""


class Journal:
    """Takes events at once, commits what has gathered in a thread, then hands it to the listeners.

    Events that arrive while a commit is under way share the next one, so a slow disk delays but never blocks; a commit
    waits for none. While the store is blocked – full, locked, read-only – events are kept here and the commit is
    retried; `flush` and `writable` wait until it has succeeded.
    """

    def __init__(self, store: Store, evaluation: int, *, retry_seconds: float = RETRY_SECONDS) -> None:
        self.evaluation = evaluation
        """The evaluation's number in the store."""
        self._store = store
        self.on_failure: Callable[[Exception], None] | None = None
        """Called once if something can be neither stored nor shown; no further events are accepted."""
        self.state_of: Callable[[int], TrialState] | None = None
        """Current state of a trial, if the recorder of the events keeps it."""
        self._retry_seconds = retry_seconds
        self._listeners: list[Listener] = []
        self._blockage_listeners: list[Callable[[StoreBlocked | None], None]] = []
        self._gathered: list[Event] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._writer: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._blocked: StoreBlocked | None = None
        self._retry_now = asyncio.Event()
        self._failure: Exception | None = None

    @property
    def blocked(self) -> StoreBlocked | None:
        """Why nothing can be stored at the moment; ``None`` when it can."""
        return self._blocked

    def listen(self, listener: Listener) -> None:
        """Call `listener` with each batch of events once they are durable."""
        self._listeners.append(listener)

    def listen_for_blockage(self, listener: Callable[[StoreBlocked | None], None]) -> None:
        """Call `listener` with the cause when nothing can be stored for now, and with ``None`` when it can again."""
        self._blockage_listeners.append(listener)

    def record(self, event: Event) -> None:
        """Accept an event. Must be called from the event loop."""
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

    async def writable(self) -> None:
        """Wait while the store is blocked.

        Raises:
            StoreUnusable: it stays so.
        """
        if self._blocked is not None or self._failure is not None:
            await self.flush()

    async def conversation(self, trial: int, attempt: int) -> tuple[Message, ...]:
        """Turns of an attempt, including those just recorded.

        Raises:
            StoreUnusable: they could not be stored, or cannot be read.
        """
        await self.flush()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._thread, self._store.conversation, self.evaluation, trial, attempt
        )

    async def close(self) -> None:
        """Store the remaining events, and stop. A store that is blocked gets one more try.

        Raises:
            StoreUnusable: what is left could not be stored.
        """
        self._retry_seconds = 0.0
        self._retry_now.set()
        try:
            await self.flush()
        finally:
            self._thread.shutdown(wait=False)

    def _write_soon(self) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        while self._gathered or self._waiting:
            batch, self._gathered = self._gathered, []
            waiting, self._waiting = self._waiting, []
            try:
                if any(not isinstance(event, FLEETING) for event in batch):
                    await self._commit(batch)
                if batch:
                    self._show(batch)
            except Exception as error:  # whatever it is: whoever waits for the events is told of it
                self._fail(error, waiting)
                return
            for future in waiting:
                if not future.done():
                    future.set_result(None)

    def _show(self, batch: Sequence[Event]) -> None:
        """Hand a batch to the listeners. An error in one of them affects neither the store nor the others."""
        for listener in self._listeners:
            try:
                listener(batch)
            except Exception:  # a fault of what follows, such as a screen, keeps no events from being stored
                _log.exception("what follows the events failed; the evaluation goes on")

    async def _commit(self, batch: Sequence[Event]) -> None:
        """Store `batch`, however long that takes.

        Raises:
            StoreUnusable: it cannot be stored, or not now and the journal is closing.
        """
        loop = asyncio.get_running_loop()
        states = self._states_after(batch)
        while True:
            last_try = self._retry_seconds == 0.0
            try:
                await loop.run_in_executor(self._thread, self._store.append, self.evaluation, batch, states)
            except StoreBlocked as error:
                if last_try:
                    raise
                if self._blocked is None:
                    self._say_blocked(error)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._retry_now.wait(), self._retry_seconds)
            else:
                if self._blocked is not None:
                    self._say_blocked(None)
                return

    def _states_after(self, batch: Sequence[Event]) -> dict[int, TrialState]:
        """States of the trials with an attempt that ends in `batch`, where nothing has been recorded since."""
        if self.state_of is None:
            return {}
        return {
            event.trial: self.state_of(event.trial) for event in batch if isinstance(event, VerdictReached)
        }

    def _say_blocked(self, error: StoreBlocked | None) -> None:
        self._blocked = error
        for listener in self._blockage_listeners:
            try:
                listener(error)
            except Exception:  # as in `_show`
                _log.exception("what follows the store failed; the evaluation goes on")

    def _fail(self, error: Exception, waiting: list[asyncio.Future[None]]) -> None:
        self._failure = error
        self._gathered.clear()
        for future in (*waiting, *self._waiting):
            if not future.done():
                future.set_exception(error)
        self._waiting.clear()
        if self.on_failure is not None:
            self.on_failure(error)
