"""Which events are committed together, and how long one waits for others."""

import asyncio
import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from dropout_core.events import EvaluationStarted, Event, TrialQueued
from dropout_core.journal import Journal
from dropout_core.store import Store
from tests.core.bench import config


def opened(path: Path, gather_seconds: float = math.inf) -> tuple[Journal, list[Sequence[Event]]]:
    store = Store(path / "store.sqlite3")
    journal = Journal(
        store, store.create(EvaluationStarted(at=0.0, config=config())), gather_seconds=gather_seconds
    )
    batches: list[Sequence[Event]] = []
    journal.listen(batches.append)
    return journal, batches


async def test_what_one_turn_of_the_loop_after_the_other_records_is_committed_at_once(tmp_path: Path) -> None:
    journal, batches = opened(tmp_path)
    events = [TrialQueued(at=float(number), trial=1) for number in range(5)]
    for event in events:
        journal.record(event)
        await asyncio.sleep(0)
    await journal.flush()
    assert batches == [events]
    await journal.close()


@pytest.mark.parametrize("gather_seconds", [0.0, 0.001, math.inf])
async def test_nothing_waits_for_events_that_never_stop_coming(tmp_path: Path, gather_seconds: float) -> None:
    journal, batches = opened(tmp_path, gather_seconds)
    recorded: list[Event] = []
    async with asyncio.timeout(30):
        while len(batches) < 3:
            recorded.append(TrialQueued(at=float(len(recorded)), trial=1))
            journal.record(recorded[-1])
            await asyncio.sleep(0)
    await journal.flush()
    assert [event for batch in batches for event in batch] == recorded
    await journal.close()


async def test_many_events_wait_for_no_more(tmp_path: Path) -> None:
    journal, batches = opened(tmp_path)
    many = [TrialQueued(at=float(number), trial=1) for number in range(1000)]
    for event in many:
        journal.record(event)
    late = TrialQueued(at=1000.0, trial=2)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    journal.record(late)
    await journal.flush()
    assert batches == [many, [late]]
    await journal.close()
