"""What all requests to one model pass through, on a clock that the test moves."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from collections.abc import AsyncIterator

import pytest

from dropout_core.models import ModelUnusable
from dropout_core.models.retry.gate import Clock, Closed, Gate

LIMITED = "API rate limited"


class Hands:
    """A clock whose hands the test moves."""

    def __init__(self) -> None:
        self._now = 0.0
        self._sleeping: list[tuple[float, int, asyncio.Future[None]]] = []
        self.clock = Clock(now=lambda: self._now, sleep=self._sleep)

    async def _sleep(self, seconds: float) -> None:
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleeping, (self._now + seconds, len(self._sleeping), waking))
        await waking

    async def move(self, seconds: float) -> None:
        self._now += seconds
        while self._sleeping and self._sleeping[0][0] <= self._now + 1e-9:
            waking = heapq.heappop(self._sleeping)[2]
            if not waking.done():
                waking.set_result(None)
        await settled()


async def settled() -> None:
    """Let every task go as far as it can by itself."""
    for _ in range(20):
        await asyncio.sleep(0)


class Crowd:
    """Requests at a gate: who waits, who is in flight, and what each was told."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.in_flight: list[int] = []
        """In the order in which they were let through."""
        self.told: dict[int, list[Closed]] = {}
        self.cuts: dict[int, int] = {}
        self.tasks: dict[int, asyncio.Task[None]] = {}
        self._done: dict[int, asyncio.Event] = {}

    async def come(self, *numbers: int) -> None:
        for number in numbers:
            self.told[number] = []
            self._done[number] = asyncio.Event()
            self.tasks[number] = asyncio.create_task(self._pass(number))
            await settled()

    async def _pass(self, number: int) -> None:
        async with self.gate.acquire(self.told[number].append) as cuts:
            self.cuts[number] = cuts
            self.in_flight.append(number)
            await self._done[number].wait()
            self.in_flight.remove(number)

    async def leave(self, *numbers: int, answered: bool = True) -> None:
        for number in numbers:
            if answered:
                self.gate.answered()
            self._done[number].set()
            await settled()


@contextlib.asynccontextmanager
async def crowd(limit: int, hands: Hands, adapted: list[int] | None = None) -> AsyncIterator[Crowd]:
    changes = [] if adapted is None else adapted
    one = Crowd(Gate(limit, hands.clock, changes.append))
    try:
        yield one
    finally:
        for task in one.tasks.values():
            task.cancel()
        await asyncio.gather(*one.tasks.values(), return_exceptions=True)


async def test_the_limit_holds_and_those_who_wait_go_in_their_order() -> None:
    async with crowd(2, Hands()) as c:
        await c.come(1, 2, 3, 4, 5)
        assert c.in_flight == [1, 2]
        assert c.told[3] == [Closed("", None)]
        await c.leave(2)
        await c.leave(1)
        assert c.in_flight == [3, 4]


async def test_being_turned_away_holds_everybody_until_it_is_over() -> None:
    hands, adapted = Hands(), list[int]()
    async with crowd(8, hands, adapted) as c:
        await c.come(1, 2, 3, 4)
        c.gate.turned_away(c.cuts[1], LIMITED, lambda streak: 7.0 * streak)
        await c.leave(1, answered=False)
        await c.come(5, 6, 7)
        assert c.in_flight == [2, 3, 4]
        assert c.told[5] == [Closed(LIMITED, 7.0)]
        await c.leave(2, 3, 4, answered=False)
        await hands.move(6.9)
        assert c.in_flight == []
        await hands.move(0.1)
        assert c.in_flight == [5, 6]  # half of the four that were in flight
        assert adapted == [2]
        assert c.told[7][-1] == Closed(LIMITED, None)


async def test_those_turned_away_together_make_one_cut_and_one_streak() -> None:
    hands = Hands()
    waits: list[int] = []

    def wait(streak: int) -> float:
        waits.append(streak)
        return 1.0

    async with crowd(8, hands) as c:
        await c.come(1, 2, 3, 4)
        for number in (1, 2, 3, 4):
            c.gate.turned_away(c.cuts[number], LIMITED, wait)
            await c.leave(number, answered=False)
        assert c.gate.allowed == 2
        await hands.move(1)
        await c.come(5)
        c.gate.turned_away(c.cuts[5], LIMITED, wait)
        assert waits == [1, 1, 1, 1, 2]
        assert c.gate.allowed == 1
        c.gate.answered()
        assert c.gate.streak == 0


async def test_it_opens_up_again_by_itself() -> None:
    hands, adapted = Hands(), list[int]()
    async with crowd(4, hands, adapted) as c:
        await c.come(1, 2, 3, 4)
        c.gate.turned_away(c.cuts[1], LIMITED, lambda _: 0.0)
        await c.leave(1, 2, 3, 4, answered=False)
        for number in range(5, 16):
            await c.come(number)
            await c.leave(number)
        assert adapted == [2, 3, 4]
        await c.come(20, 21, 22, 23, 24)
        assert c.in_flight == [20, 21, 22, 23]


async def test_a_place_given_to_one_who_leaves_the_line_goes_to_the_next() -> None:
    async with crowd(1, Hands()) as c:
        await c.come(1, 2, 3, 4)
        c.tasks[2].cancel()
        await settled()
        c._done[1].set()
        c.tasks[3].cancel()  # in the same moment in which its turn comes
        await settled()
        assert c.in_flight == [4]
        assert c.gate.in_flight == 1


async def test_an_unusable_model_ends_all_waiting() -> None:
    hands = Hands()
    async with crowd(1, hands) as c:
        await c.come(1, 2)
        c.gate.turned_away(c.cuts[1], LIMITED, lambda _: 60.0)
        await settled()
        c.gate.shut_down(ModelUnusable("the server refused the key (401)"))
        await settled()
        with pytest.raises(ModelUnusable, match="refused the key"):
            await c.tasks[2]
        await c.come(3)
        assert c.tasks[3].done()

        await hands.move(60)
        c.gate.reopen()
        await c.leave(1)
        await c.come(4)
        assert c.in_flight == [4]


async def test_a_higher_limit_lets_more_through_at_once() -> None:
    async with crowd(1, Hands()) as c:
        await c.come(1, 2, 3)
        c.gate.set_limit(3)
        await settled()
        assert c.in_flight == [1, 2, 3]


async def test_everyone_who_listens_hears_how_a_shared_gate_adapts_until_they_leave() -> None:
    hands, first = Hands(), list[int]()
    async with crowd(8, hands, first) as c:
        await c.come(1, 2, 3, 4)
        c.gate.turned_away(c.cuts[1], LIMITED, lambda _: 1.0)
        late: list[int] = []
        stop_listening = c.gate.listen(late.append)
        assert (first, late) == ([2], [2])
        c.gate.answered()
        assert first == late
        stop_listening()
        c.gate.turned_away(c.cuts[1] + 1, LIMITED, lambda _: 1.0)
        assert len(first) == len(late) + 1
