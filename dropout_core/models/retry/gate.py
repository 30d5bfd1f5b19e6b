"""Gate that all requests to one model pass, so that all of them slow down or stop together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from dropout_core.models import ModelUnusable
from dropout_core.models.retry.aimd import Aimd
from dropout_core.models.retry.outage import LONGEST_OUTAGE, NO_OUTAGE, Outage

_log = logging.getLogger(__name__)

WAITS_FOR_THE_FIRST = "waits for the first answer"


@dataclass(frozen=True, slots=True)
class Clock:
    """Source of time."""

    now: Callable[[], float] = time.monotonic
    """Seconds since some moment."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(frozen=True, slots=True)
class Closed:
    """Reason why a request may not pass yet."""

    reason: str
    """Reason in a few words: ``"API rate limited"``."""
    seconds: float | None
    """Least seconds to wait; ``None`` when that depends on when others are answered."""


class Gate:
    """Lets requests pass, a limited number at a time, and none while the server is overloaded.

    Waiting requests go first, in the order in which they came. While the server answers nothing, one request at a time
    tests it, after longer and longer waits.
    """

    def __init__(
        self,
        limit: int,
        clock: Clock,
        adapted: Callable[[int], None] = lambda _: None,
        *,
        first_alone: bool = False,
    ) -> None:
        """`adapted` is told how many requests may be in flight whenever that changes by itself. With `first_alone` only
        one may be until the server has begun to answer: a hundred wrong requests help nobody."""
        self._clock = clock
        self._told_of_changes = [adapted]
        self._pace = Aimd.at_full(limit)
        self._in_flight = 0
        self._queue: deque[asyncio.Future[bool]] = deque()
        self._reason = ""
        self._opens_at = float("-inf")
        self._streak = 0
        self._outage = NO_OUTAGE
        self._struggling: set[object] = set()
        self._held = 0
        """Number of requests that wait here, for whatever reason."""
        self._untried = first_alone
        self._first: object | None = None
        """The request that is alone while the server is untried, also between its tries."""
        self._unusable: ModelUnusable | None = None
        self._shut_down = asyncio.Event()

    @property
    def allowed(self) -> int:
        """How many requests may be in flight at present."""
        return 1 if self._untried else self._pace.allowed

    @property
    def untried(self) -> bool:
        """Whether the first request is still alone, as the server has not begun to answer any."""
        return self._untried

    @property
    def outage(self) -> Outage:
        """Failures of requests since the server last answered one."""
        return self._outage

    @property
    def in_flight(self) -> int:
        """Number of requests in flight."""
        return self._in_flight

    @property
    def streak(self) -> int:
        """How often in a row the server has rejected requests as overloaded, without answering one."""
        return self._streak

    @property
    def seconds_shut(self) -> float:
        """Seconds from now until requests may pass."""
        return max(0.0, self._opens_at - self._clock.now())

    @property
    def is_shut_down(self) -> bool:
        """Whether no request passes any more, because none can succeed."""
        return self._unusable is not None

    def listen(self, adapted: Callable[[int], None]) -> Callable[[], None]:
        """Tell `adapted` too how many requests may be in flight, now if fewer than the limit, and whenever that changes
        by itself; gives what ends that."""
        self._told_of_changes.append(adapted)
        if self._pace.held_back:
            adapted(self._pace.allowed)
        return partial(self._told_of_changes.remove, adapted)

    def set_limit(self, limit: int) -> None:
        """Let at most `limit` requests pass at a time; at least 1."""
        self._pace = self._pace.with_limit(limit)
        self._call_next()

    @contextlib.asynccontextmanager
    async def acquire(
        self, told: Callable[[Closed], None], request: object | None = None
    ) -> AsyncIterator[int]:
        """Wait to be let through; the place is given to the next when the block ends.

        Yields how often the limit had been lowered by then, for `turned_away`. `told` is called with each reason to
        wait. `request` identifies the request, also for `left`.

        Raises:
            ModelUnusable: no request is let through any more.
        """
        self._held += 1
        try:
            await self._enter(told, request)
        finally:
            self._held -= 1
        try:
            yield self._pace.cuts
        finally:
            self._in_flight -= 1
            self._call_next()

    async def rest(self, seconds: float) -> None:
        """Sleep, unless the gate is shut down meanwhile."""
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
        self._outage = NO_OUTAGE
        self._struggling.clear()
        self._untried = False
        self._change(self._pace.answered())
        self._call_next()

    def answering(self) -> None:
        """The server has begun to answer a request."""
        if self._untried:
            self._untried = False
            self._call_next()

    def struggles(self, request: object) -> None:
        """A request has failed often, and is tried again."""
        self._struggling.add(request)

    def left(self, request: object) -> None:
        """A request is no longer tried, however it ended."""
        self._struggling.discard(request)
        if self._first is request:
            self._first = None
            if self._untried:
                self._dismiss_queue()

    def gave_up(self, request: object, reason: str, *, no_room: bool) -> bool:
        """A request has failed to the end, for a `reason` in a few words; `no_room` if the server turned it away.

        Returns:
            Whether that is the server's trouble: then nothing is let through for a while, and the request waits too.
        """
        now, was_on = self._clock.now(), self._outage.is_on
        others = len(self._struggling - {request})
        self._outage = self._outage.after_giving_up(others, now, no_room=no_room and bool(self._held))
        if not self._outage.is_on:
            return False
        if self._outage.is_too_long(now):
            minutes = LONGEST_OUTAGE / 60
            self.shut_down(
                ModelUnusable(f"the server has answered nothing for {minutes:.0f} minutes: {reason}")
            )
        elif not (was_on and self.seconds_shut):  # requests that were in flight together count once
            self._reason = reason
            self._opens_at = max(self._opens_at, now + self._outage.wait)
            self._outage = self._outage.after_probe()
            self._change(self._pace.one_at_a_time())
            _log.info("%s: the server answers nobody, one request asks in %.0f s", reason, self.seconds_shut)
            self._dismiss_queue()
        return True

    def turned_away(self, cuts_when_sent: int, reason: str, wait: Callable[[int], float]) -> None:
        """The server is overloaded. `wait` gives the seconds to hold all requests after so many rejections in a row."""
        before = self._pace
        self._change(before.turned_away(cuts_when_sent, self._in_flight))
        if self._pace is not before:
            self._streak += 1
        self._reason = reason
        self._opens_at = max(self._opens_at, self._clock.now() + wait(max(1, self._streak)))
        _log.info("%s: all requests wait %.1f s, then %d at once", reason, self.seconds_shut, self.allowed)
        self._dismiss_queue()

    def shut_down(self, error: ModelUnusable) -> None:
        """Let nothing pass any more, because no request can succeed."""
        self._unusable = error
        self._shut_down.set()
        self._dismiss_queue()

    def reopen(self) -> None:
        """Let requests pass again: the cause may have been fixed."""
        self._unusable = None
        self._outage = NO_OUTAGE
        self._struggling.clear()
        self._shut_down.clear()

    def _change(self, pace: Aimd) -> None:
        before, self._pace = self._pace, pace
        if pace.allowed != before.allowed:
            for told in tuple(self._told_of_changes):
                told(pace.allowed)

    async def _enter(self, told: Callable[[Closed], None], request: object | None) -> None:
        in_line = False
        while True:
            if self._unusable is not None:
                raise self._unusable
            if wait := self.seconds_shut:
                told(Closed(self._reason, wait))
                await self.rest(wait)
            elif self._untried and self._first in (None, request) and not self._in_flight:
                self._first = request
                self._in_flight += 1
                return
            elif not self._untried and self._in_flight < self.allowed and (in_line or not self._queue):
                self._in_flight += 1
                return
            else:
                told(Closed(WAITS_FOR_THE_FIRST if self._untried else self._reason, None))
                if await self._called():
                    return
            in_line = True

    async def _called(self) -> bool:
        """Wait in line. True once a place is given, False when the gate's state has to be checked again."""
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
        while self._queue and not self._untried and self._in_flight < self.allowed:
            turn = self._queue.popleft()
            if not turn.done():
                self._in_flight += 1
                turn.set_result(True)

    def _dismiss_queue(self) -> None:
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(False)
