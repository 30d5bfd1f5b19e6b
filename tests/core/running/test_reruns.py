"""What a rerun may do to what has ended, what it costs, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from docs.life import FILE, life_tables
from dropout_core.models.sample.model import SampleModel
from dropout_core.reports.jsonlines import summary_object
from dropout_core.running.session import Session
from dropout_core.state.events import Event
from dropout_core.storage.lease import Lease
from dropout_core.storage.store import Store, StoreUnusable
from tests.core.bench import FAILING, PASSING, Bench, bench, config


async def ended(b: Bench, runs: int) -> None:
    """Every run passes."""
    for trial in range(1, runs + 1):
        b.model.answer(trial, f"{PASSING}\nThis is answer {trial}.")
    b.evaluation.start()
    await b.evaluation.finished()


def reopened(b: Bench) -> Bench:
    number = b.journal.evaluation
    return Bench(b.store, number, b.store.state(number), reopened=True)


async def test_a_rerun_that_the_budget_forbids_is_refused_and_records_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=2, max_tokens=100, max_total_tokens=240, concurrency=1) as b:
        await ended(b, 2)
        before = list(b.events)
        for refused in (b.evaluation.rerun(1), b.evaluation.rerun()):
            assert refused is not None
            assert "240 tokens" in refused
            assert "--max-total-tokens" in refused
        await b.journal.flush()
        assert b.events == before
        assert (b.statuses(), b.state.stop_reason) == (["passed", "passed"], "completed")


async def test_of_many_reruns_those_that_the_budget_forbids_leave_their_runs_as_they_were(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path, runs=3, max_tokens=100, max_total_tokens=480, concurrency=1) as b:
        await ended(b, 3)
        b.model.answer(1, FAILING, attempt=2)
        assert b.evaluation.rerun() is None
        await b.evaluation.finished()
        assert [len(trial.attempts) for trial in b.state.trials] == [2, 1, 1]
        assert (b.statuses(), b.state.stop_reason) == (["failed", "passed", "passed"], "completed")
        assert not any(trial.rerun_waits for trial in b.state.trials)
        assert b.store.state(b.journal.evaluation) == b.state


async def test_nothing_is_started_once_it_is_decided(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=40, concurrency=1, until_decided=True) as b:
        await ended(b, 40)
        before = list(b.events)
        assert "decided" in (b.evaluation.start() or "")
        await b.evaluation.finished()
        assert b.events == before
        again = reopened(b)
        assert "decided" in (again.evaluation.start() or "")
        await again.evaluation.finished()
        assert again.events == []
        await again.evaluation.close()


async def test_all_reruns_of_a_decided_evaluation_are_made(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=40, concurrency=3, until_decided=True) as b:
        await ended(b, 40)
        made = b.state.tally.graded
        again = reopened(b)
        for trial in range(1, made + 1):
            again.model.answer(trial, FAILING, attempt=2)
        again.evaluation.rerun()
        await again.evaluation.finished()
        attempts = [len(trial.attempts) for trial in again.state.trials]
        assert attempts == [2] * made + [0] * (40 - made)
        assert again.statuses() == ["failed"] * made + ["queued"] * (40 - made)
        assert (again.state.tally.passed, again.state.stop_reason) == (made, "decided")
        await again.evaluation.close()


async def test_a_rerun_that_waits_can_be_taken_back(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=2, concurrency=1) as b:
        await ended(b, 2)
        b.evaluation.rerun()
        await b.until(lambda: b.statuses() == ["running", "passed"])
        assert b.state.trial(2).rerun_waits
        assert b.evaluation.cancel(2) is None
        assert b.evaluation.cancel(2) is not None
        b.model.answer(1, FAILING, attempt=2)
        await b.evaluation.finished()
        assert (b.statuses(), b.model.asked[-1]) == (["failed", "passed"], (1, 2))


async def test_reruns_that_wait_when_the_program_is_killed_are_made_when_it_goes_on(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=2, concurrency=1) as b:
        await ended(b, 2)
        b.evaluation.rerun()
        await b.until(lambda: b.model.asked[-1] == (1, 2))
        await b.evaluation.close()
        again = reopened(b)
        assert again.statuses() == ["running", "passed"]
        for trial, attempt in ((1, 3), (2, 2)):
            again.model.answer(trial, FAILING, attempt=attempt)
        again.evaluation.start()
        await again.evaluation.finished()
        assert (again.statuses(), again.state.stop_reason) == (["failed", "failed"], "completed")
        await again.evaluation.close()


async def test_an_attempt_that_was_replaced_is_not_gone_on_with_after_a_cut(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1) as b:
        b.evaluation.start()
        await b.until(lambda: b.model.asked == [(1, 1)])
        b.evaluation.rerun(1)
        b.evaluation.stop("interrupted")
        b.evaluation.cut_off("interrupted")
        await b.evaluation.finished()
        assert (b.statuses(), b.state.stop_reason) == (["queued"], "interrupted")
        b.model.answer(1, PASSING)
        b.model.answer(1, FAILING, attempt=2)
        b.evaluation.start()
        await b.evaluation.finished()
        assert (b.statuses(), b.model.asked) == (["failed"], [(1, 1), (1, 2)])


async def test_a_voided_and_repeated_attempt_is_counted_beside_the_rate(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=3, concurrency=2) as b:
        b.evaluation.start()
        await b.until(lambda: len(b.model.asked) == 2)
        b.evaluation.rerun(1)
        b.evaluation.cancel(2)
        b.evaluation.cancel(3)
        for trial in (1, 2, 3):
            b.model.answer(trial, PASSING, attempt=2)
        await b.evaluation.finished()
        assert summary_object(1, b.state)["re_rolled"] == 1
        # Of run 3 nothing had been asked: whoever cancelled it had seen nothing.
        b.evaluation.repeat_voids()
        await b.evaluation.finished()
        summary = json.loads(json.dumps(summary_object(1, b.store.state(1))))
        assert (summary["re_rolled"], summary["passed"], summary["void"]) == (2, 3, 0)


async def test_a_rerun_of_a_graded_run_is_no_reroll(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1) as b:
        await ended(b, 1)
        b.evaluation.rerun(1)
        await b.until(lambda: b.model.asked[-1] == (1, 2))
        b.evaluation.cancel(1)
        await b.evaluation.finished()
        b.model.answer(1, FAILING, attempt=3)
        b.evaluation.rerun(1)
        await b.evaluation.finished()
        assert (b.state.tally.rerolled, b.state.tally.passed) == (0, 1)


async def test_what_follows_the_events_may_fail_without_ending_a_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with bench(tmp_path, runs=1) as b:
        seen: list[Event] = []

        def fails(events: Sequence[Event]) -> None:
            raise ZeroDivisionError("a fault of a screen")

        b.journal.listen(fails)
        b.journal.listen(seen.extend)
        await ended(b, 1)
        assert b.statuses() == ["passed"]
        assert seen == b.events
        assert "a fault of a screen" in caplog.text


async def test_an_evaluation_that_cannot_be_taken_on_is_not_stored(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    (tmp_path / "store.sqlite3-leases").mkdir()
    with pytest.raises(StoreUnusable):
        Session.new(store, config(model="sample"), SampleModel())
    assert store.history() == ()
    (tmp_path / "store.sqlite3-leases").rmdir()
    taken = Lease(store.path, 1)
    with pytest.raises(StoreUnusable):
        Session.new(store, config(model="sample"), SampleModel())
    assert store.history() == ()
    taken.release()
    store.close()


def test_the_documentation_prints_the_table_of_states() -> None:
    assert FILE.read_text().endswith(f"{life_tables()}\n")
