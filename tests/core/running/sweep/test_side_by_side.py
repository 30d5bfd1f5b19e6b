"""Evaluations side by side that spend from one purse, against a server on loopback."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from dropout_core.costs.budget import BUDGET
from dropout_core.costs.costs import request_at_most
from dropout_core.costs.purse import Purse
from dropout_core.running.session import Session, model_for
from dropout_core.running.sweep.side_by_side import SideBySide
from dropout_core.state.end_reasons import COMPLETED
from dropout_core.storage.store import Store
from dropout_core.values.price import Price
from tests.core.bench import config
from tests.messages_server import Answer, Gate, MessagesServer, Received, Stream, usage

PATIENCE = 90.0
RUNS = 4
PRICE = Price(10.0, 50.0)


class HeldBack:
    """Hears which evaluations the purse lets begin nothing."""

    def __init__(self) -> None:
        self.whys: Mapping[int, str] = {}
        self._changed = asyncio.Event()

    def __call__(self, whys: Mapping[int, str]) -> None:
        self.whys = whys
        self._changed.set()

    async def all_of(self, numbers: set[int]) -> None:
        """Wait until these are the evaluations held back."""
        async with asyncio.timeout(PATIENCE):
            while self.whys.keys() != numbers:
                self._changed.clear()
                await self._changed.wait()


async def test_evaluations_spend_no_more_than_their_purse_holds_and_go_on_when_it_is_filled(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    settings = {
        "model": "m",
        "base_url": messages_server.url,
        "runs": RUNS,
        "max_tokens": 100,
        "price": PRICE,
    }
    most = request_at_most(config(**settings))
    one = most.cost(PRICE)
    arrived, gate = threading.Semaphore(0), Gate()

    def dearest(_: Received) -> Stream:
        arrived.release()
        events = Answer("no code", usage=usage(int(most.input), int(most.output))).events()
        return Stream([*events[:3], gate, *events[3:]])

    messages_server.default = dearest
    held_back = HeldBack()
    side_by_side = SideBySide(2 * RUNS, purse=Purse(3.5 * one), held_back=held_back, allow_weak_sandbox=True)
    store = Store(tmp_path / "store.sqlite3")
    configs = (config(**settings), config(**settings, budget=2.5 * one))
    first, second = (
        Session.new(store, each, model_for(each), allow_weak_sandbox=True, beside=side_by_side.beside(each))
        for each in configs
    )
    async with first, second:
        for session in (first, second):
            side_by_side.add(session.evaluation)
            session.evaluation.start()
        side_by_side.begin()
        for _ in range(3):
            assert await asyncio.to_thread(arrived.acquire, timeout=PATIENCE)
        # Any of these may turn out as dear as the dearest, so a fourth would be one too many.
        assert side_by_side.in_flight == 3
        gate.open()
        await held_back.all_of({first.number, second.number})
        assert len(messages_server.requests) == 3
        assert set(held_back.whys.values()) == {
            f"The common budget of ${3.5 * one:g} does not allow another attempt."
        }
        assert [session.evaluation.state.ended_at for session in (first, second)] == [None, None]

        side_by_side.fill(Purse(5.5 * one))
        # The budget of the second holds besides: it has stopped by itself.
        await held_back.all_of({first.number})
        assert len(messages_server.requests) == 5
        assert second.evaluation.state.stop_reason == BUDGET

        side_by_side.fill(Purse())
        await held_back.all_of(set())
        async with asyncio.timeout(PATIENCE):
            await first.evaluation.finished()
        assert first.evaluation.state.stop_reason == COMPLETED
        assert len(messages_server.requests) == 6
        for session in (first, second):
            side_by_side.remove(session.evaluation)
    # What they have spent counts on.
    assert side_by_side.purse.spent({}).dollars == pytest.approx(6 * one)
    await side_by_side.close()
    store.close()
