"""Which events are committed together, and that none waits for others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from dropout_core.state.events import EvaluationStarted, Event, TrialQueued
from dropout_core.storage.journal import Journal
from dropout_core.storage.store import Store
from tests.core.bench import config


def opened(path: Path) -> tuple[Journal, list[Sequence[Event]]]:
    store = Store(path / "store.sqlite3")
    journal = Journal(store, store.create(EvaluationStarted(at=0.0, config=config())))
    batches: list[Sequence[Event]] = []
    journal.listen(batches.append)
    return journal, batches


async def test_what_one_turn_of_the_loop_records_is_committed_together(tmp_path: Path) -> None:
    journal, batches = opened(tmp_path)
    events = [TrialQueued(at=float(number), trial=1) for number in range(1000)]
    for event in events:
        journal.record(event)
    await journal.flush()
    assert batches == [events]
    await journal.close()


async def test_a_commit_begins_in_the_next_turn_and_what_comes_meanwhile_shares_the_one_after(
    tmp_path: Path,
) -> None:
    journal, batches = opened(tmp_path)
    first, *others = (TrialQueued(at=float(number), trial=1) for number in range(5))
    journal.record(first)
    await asyncio.sleep(0)
    for event in others:
        journal.record(event)
    await journal.flush()
    assert batches == [[first], others]
    await journal.close()


async def test_nothing_waits_for_events_that_never_stop_coming(tmp_path: Path) -> None:
    journal, batches = opened(tmp_path)
    recorded: list[Event] = []
    async with asyncio.timeout(100):
        while len(batches) < 3:
            recorded.append(TrialQueued(at=float(len(recorded)), trial=1))
            journal.record(recorded[-1])
            await asyncio.sleep(0)
    await journal.flush()
    assert [event for batch in batches for event in batch] == recorded
    await journal.close()
