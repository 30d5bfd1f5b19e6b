"""What all requests to one model pass through, so that what one of them learns holds for all."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from dropout_core.models import ModelUnusable
from dropout_core.models.pace import Pace

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Clock:
    """Where the time comes from."""

    now: Callable[[], float] = time.monotonic
    """Seconds since some moment."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(frozen=True, slots=True)
class Closed:
    """Why a request may not go through yet."""

    reason: str
    """A few words: ``"API rate limited"``."""
    seconds: float | None
    """How long at least; ``None`` when it depends on when others are answered."""


class Gate:
    """Lets requests through, a limited number at a time, and none while the server turns them away.

    Who has to wait goes first when there is room, in the order of coming.
    """

    def __init__(self, limit: int, clock: Clock, adapted: Callable[[int], None] = lambda _: None) -> None:
        """`adapted` is told how many requests may be in flight whenever that changes by itself."""
        self._clock = clock
        self._adapted = adapted
        self._pace = Pace.at_full(limit)
        self._in_flight = 0
        self._queue: deque[asyncio.Future[bool]] = deque()
        self._reason = ""
        self._opens_at = float("-inf")
        self._streak = 0
        self._unusable: ModelUnusable | None = None
        self._shut_down = asyncio.Event()

    @property
    def allowed(self) -> int:
        """How many requests may be in flight at present."""
        return self._pace.allowed

    @property
    def in_flight(self) -> int:
        """How many are."""
        return self._in_flight

    @property
    def streak(self) -> int:
        """How often in a row the server has turned requests away without answering one."""
        return self._streak

    @property
    def seconds_shut(self) -> float:
        """How long nothing is let through, from now."""
        return max(0.0, self._opens_at - self._clock.now())

    def set_limit(self, limit: int) -> None:
        """Let at most `limit` through at a time; at least 1."""
        self._pace = self._pace.with_limit(limit)
        self._call_next()

    @contextlib.asynccontextmanager
    async def passage(self, told: Callable[[Closed], None]) -> AsyncIterator[int]:
        """Wait to be let through; the place is given to the next when the block ends.

        Gives how often the pace had been cut by then, which `turned_away` wants to know. `told` hears of each
        reason to wait.

        Raises:
            ModelUnusable: no request is let through any more.
        """
        await self._enter(told)
        try:
            yield self._pace.cuts
        finally:
            self._in_flight -= 1
            self._call_next()

    async def rest(self, seconds: float) -> None:
        """Sleep, unless it becomes known that nothing will be let through."""
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        closing = asyncio.ensure_future(self._shut_down.wait())
        try:
            await asyncio.wait((sleeping, closing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            closing.cancel()

    def answered(self) -> None:
        """The server has answered a request."""
        self._streak = 0
        self._change(self._pace.answered())
        self._call_next()

    def turned_away(self, cuts_when_sent: int, reason: str, wait: Callable[[int], float]) -> None:
        """The server has no room at present. `wait` says how many seconds to hold all after so many in a row."""
        before = self._pace
        self._change(before.turned_away(cuts_when_sent, self._in_flight))
        if self._pace is not before:
            self._streak += 1
        self._reason = reason
        self._opens_at = max(self._opens_at, self._clock.now() + wait(max(1, self._streak)))
        _log.info("%s: all requests wait %.1f s, then %d at once", reason, self.seconds_shut, self.allowed)
        self._dismiss_queue()

    def shut_down(self, error: ModelUnusable) -> None:
        """Let nothing through any more, because no request can succeed."""
        self._unusable = error
        self._shut_down.set()
        self._dismiss_queue()

    def reopen(self) -> None:
        """Somebody may have mended what made the model unusable."""
        self._unusable = None
        self._shut_down.clear()

    def _change(self, pace: Pace) -> None:
        before, self._pace = self._pace, pace
        if pace.allowed != before.allowed:
            self._adapted(pace.allowed)

    async def _enter(self, told: Callable[[Closed], None]) -> None:
        in_line = False
        while True:
            if self._unusable is not None:
                raise self._unusable
            if wait := self.seconds_shut:
                told(Closed(self._reason, wait))
                await self.rest(wait)
            elif self._in_flight < self.allowed and (in_line or not self._queue):
                self._in_flight += 1
                return
            else:
                told(Closed(self._reason, None))
                if await self._called():
                    return
            in_line = True

    async def _called(self) -> bool:
        """Stand in line. True once a place is given, False when the gate has to be looked at again."""
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.result():
                self._in_flight -= 1
                self._call_next()
            raise

    def _call_next(self) -> None:
        while self._queue and self._in_flight < self.allowed:
            turn = self._queue.popleft()
            if not turn.done():
                self._in_flight += 1
                turn.set_result(True)

    def _dismiss_queue(self) -> None:
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(False)
