import asyncio

import pytest

from dropout_core.completions.ordered_results import in_turn


async def test_results_come_in_order_whichever_is_ready_first() -> None:
    gates = {number: asyncio.Event() for number in range(4)}

    async def work(number: int) -> int:
        await gates[number].wait()
        if number:
            gates[number - 1].set()
        return number * 2

    gates[3].set()
    assert [pair async for pair in in_turn(range(4), work, at_once=4)] == [(0, 0), (1, 2), (2, 4), (3, 6)]


async def test_no_more_are_taken_than_may_be_under_way() -> None:
    taken: list[int] = []
    given_back = 0

    def items() -> list[int]:
        return list(range(20))

    async def work(number: int) -> int:
        taken.append(number)
        await asyncio.sleep(0)
        return number

    async for _ in in_turn(items(), work, at_once=3):
        assert len(taken) - given_back <= 3
        given_back += 1
    assert taken == items()


async def test_a_first_result_is_given_while_later_work_goes_on() -> None:
    never = asyncio.Event()
    cancelled: list[int] = []

    async def work(number: int) -> int:
        if number:
            try:
                await never.wait()
            except asyncio.CancelledError:
                cancelled.append(number)
                raise
        return number

    results = in_turn(range(3), work, at_once=3)
    assert await anext(results) == (0, 0)
    await results.aclose()
    assert cancelled == [1, 2]


async def test_a_fault_ends_the_others() -> None:
    async def work(number: int) -> int:
        if number == 1:
            raise ValueError(number)
        return number

    with pytest.raises(ValueError, match="1"):
        assert [pair async for pair in in_turn(range(5), work, at_once=5)] == [(0, 0)]
