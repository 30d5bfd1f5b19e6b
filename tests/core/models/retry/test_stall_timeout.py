"""When nothing comes any more: whose time it was. The clock of the loop is set by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from dropout_core.models import ModelError
from dropout_core.models.retry.stall_timeout import Silence, hearing_from
from dropout_core.models.retry.time_budget import TimeAllowance


class HandSetLoop(asyncio.SelectorEventLoop):
    """A loop whose time passes only when a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def time(self) -> float:
        return self.now


async def let_pass(seconds: float, *, at_once: bool = False) -> None:
    """Let time pass: second by second, or `at_once` as for a program that was stopped."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, HandSetLoop)
    for step in [seconds] if at_once else [0.5] * round(seconds * 2):
        loop.now += step
        for _ in range(5):
            await asyncio.sleep(0)


def by_hand(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=HandSetLoop) as runner:
        runner.run(test())


def test_silence_before_the_first_piece() -> None:
    async def test() -> None:
        async def wait(seconds: float) -> None:
            async with hearing_from(120, 60):
                await let_pass(seconds)

        await wait(119)
        with pytest.raises(Silence, match="nothing for 120 s"):
            await wait(121)

    by_hand(test)


def test_signs_of_life_prolong_the_wait_for_the_first_piece_but_not_for_ever() -> None:
    async def test() -> None:
        lived: list[int] = []

        async def live() -> None:
            async with hearing_from(120, 60) as hearing:
                for seconds in range(0, 1000, 50):
                    lived.append(seconds)
                    hearing.alive(120, at_most=600)
                    await let_pass(50)

        with pytest.raises(Silence):
            await live()
        assert 550 <= lived[-1] <= 650

    by_hand(test)


def test_a_sign_of_life_does_not_shorten_the_wait() -> None:
    async def test() -> None:
        async with hearing_from(600, 60) as hearing:
            hearing.alive(30, at_most=100)
            await let_pass(590)

    by_hand(test)


def test_a_program_that_was_stopped_listens_once_more() -> None:
    async def test() -> None:
        async with hearing_from(120, 60) as hearing:
            hearing.heard(60)
            await let_pass(70, at_once=True)
            await let_pass(50)
            hearing.heard(60)
            await let_pass(3000, at_once=True)
            await let_pass(59)

        async def stopped(then: float) -> None:
            async with hearing_from(120, 60):
                await let_pass(200, at_once=True)
                await let_pass(then)

        await stopped(119)
        with pytest.raises(Silence):
            await stopped(121)

    by_hand(test)


def test_time_in_which_the_program_was_stopped_is_not_asking() -> None:
    async def test() -> None:
        allowance = TimeAllowance(100)
        async with allowance.spend():
            await let_pass(40)
            await let_pass(5000, at_once=True)
            await let_pass(40)

        async def go_on() -> None:
            async with allowance.spend():
                await let_pass(30)

        with pytest.raises(ModelError, match="API too slow, no verdict after 100 s of asking"):
            await go_on()

    by_hand(test)
