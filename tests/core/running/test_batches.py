"""Requests that are asked in batches: what each comes to, rounds, cancelling, and what cannot be told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from dropout_core.models import Request
from dropout_core.running.batches.client import in_parts
from dropout_core.running.batches.custom_ids import LONGEST_ID, custom_id, fresh_mark, has_mark
from dropout_core.running.batches.waiting import WaitingRequest
from dropout_core.state.events import BatchPlanned, Event, ReplyFinished, TryFailed, VerdictReached
from dropout_core.state.trial_state import Phase
from dropout_core.values.config import MOST_RUNS
from dropout_core.values.conversation import Message
from dropout_core.values.price import Price
from tests.batches_server import DROP, BatchesServer, Call, Instead, NoReply, Outcome
from tests.core.batch_run import batch_run
from tests.core.bench import FAILING, PASSING
from tests.messages_server import Answer, Failure, tool_use


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[BatchesServer]:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    with BatchesServer(lambda _: Answer(PASSING)) as running:
        yield running


def in_turn(*outcomes: Outcome) -> Callable[[Mapping[str, Any]], Outcome]:
    """What requests come to: a different one each time that the same is asked, and the last for ever."""
    left = list(outcomes)
    given: dict[int, Outcome] = {}

    def answer(asked: Mapping[str, Any]) -> Outcome:
        if id(asked) not in given:
            given[id(asked)] = left.pop(0) if len(left) > 1 else left[0]
        return given[id(asked)]

    return answer


async def test_one_batch_holds_all_runs_and_each_is_graded_as_it_arrives(
    server: BatchesServer, tmp_path: Path
) -> None:
    price = Price(2.0, 10.0)
    async with batch_run(tmp_path, server.url, runs=12, concurrency=3, price=price) as run:
        state = await run.finished()
        (batch,) = server.batches
        assert len(batch.requests) == 12
        assert all(set(body) == {"model", "max_tokens", "messages"} for body in batch.requests.values())
        assert (state.tally.passed, state.stop_reason) == (12, "completed")
        # The results came in another order than the requests, and belong to those that were asked.
        assert [trial.latest.seed for trial in state.trials if trial.latest] == [
            attempt.seed for trial in run.state.trials for attempt in trial.attempts
        ]
        kinds = [type(event) for event in run.events]
        assert kinds.index(VerdictReached) > kinds.index(ReplyFinished)
        (known,) = state.batches
        assert (known.id, known.requests, known.dropped) == (batch.id, 12, None)
        assert known.expires_at == pytest.approx(batch.created_at + 86_400)
        assert state.open_batches == ()
        # Half the price, and it says so.
        assert state.price == Price(1.0, 5.0, "stated, half of it in a batch")
        assert server.kinds()[:1] == ["create"]
        assert server.kinds().count("results") == 1


async def test_what_expired_failed_or_is_missing_is_asked_anew_in_the_next_batch(
    server: BatchesServer, tmp_path: Path
) -> None:
    server.answer = in_turn(
        NoReply.EXPIRED,
        Failure(500, "api_error", "Internal server error"),
        Answer(PASSING),
        NoReply.MISSING,
        Answer(FAILING),
    )
    async with batch_run(tmp_path, server.url, runs=4) as run:
        state = await run.finished()
        # Three of four came to nothing; they are one more batch, when the first has been read and graded.
        assert [len(batch.requests) for batch in server.batches] == [4, 3]
        assert (state.tally.passed, state.tally.failed, state.tally.void) == (1, 3, 0)
        assert [len(trial.attempts) for trial in state.trials] == [1, 1, 1, 1]
        reasons = sorted(event.reason for event in run.events if isinstance(event, TryFailed))
        assert reasons == [
            "API server error: Internal server error",
            "expired in its batch",
            "not among the results of its batch",
        ]


async def test_what_the_server_refuses_or_cancels_is_void_and_says_why(
    server: BatchesServer, tmp_path: Path
) -> None:
    server.answer = in_turn(
        Answer(PASSING),
        Failure(400, "invalid_request_error", "prompt is too long"),
        NoReply.CANCELED,
        NoReply.EXPIRED,
    )
    async with batch_run(tmp_path, server.url, runs=4, tries=2) as run:
        state = await run.finished()
        assert state.tally.void == 3
        reasons = {
            trial.latest.verdict.reason for trial in state.trials if trial.latest and trial.latest.verdict
        }
        assert reasons == {
            "All tests passed!",
            "API refused the request: prompt is too long",
            "its batch was cancelled at the server",
            "expired in its batch, gave up after 2 tries",
        }
        assert [len(batch.requests) for batch in server.batches] == [4, 1]


async def test_until_decided_each_round_is_a_batch(server: BatchesServer, tmp_path: Path) -> None:
    numbers = count()
    server.answer = lambda _: Answer(f"{PASSING}\nAnswer {next(numbers)}.")
    async with batch_run(tmp_path, server.url, runs=60, concurrency=10, until_decided=True) as run:
        state = await run.finished()
        assert str(state.decision) == "above"
        assert state.stop_reason == "decided"
        sizes = [len(batch.requests) for batch in server.batches]
        assert set(sizes) == {10}
        assert state.tally.graded == sum(sizes) < 60


async def test_a_budget_divides_the_runs_into_rounds(server: BatchesServer, tmp_path: Path) -> None:
    # A run may take 2,022 tokens at most, and takes 46: the second round is as large as the typical run lets it be.
    async with batch_run(tmp_path, server.url, runs=8, max_total_tokens=7_000) as run:
        state = await run.finished()
        sizes = [len(batch.requests) for batch in server.batches]
        assert sizes[0] == 3
        assert sum(sizes) == state.tally.graded == 8


async def test_each_step_of_agents_is_a_batch_of_those_that_still_ask(
    server: BatchesServer, tmp_path: Path
) -> None:
    def answer(asked: Mapping[str, Any]) -> Outcome:
        if len(asked["messages"]) == 1:
            return Answer(blocks=[tool_use("python_expression", {"expression": "1"})], stop_reason="tool_use")
        code = "def dropout(x, p, training):\n    return 'pass'\n"
        return Answer(blocks=[tool_use("submit_answer", {"answer": code})], stop_reason="tool_use")

    server.answer = answer
    async with batch_run(tmp_path, server.url, runs=3, mode="agent") as run:
        state = await run.finished()
        assert state.tally.passed == 3
        assert [len(batch.requests) for batch in server.batches] == [3, 3]
        assert [id_.split("-")[4] for id_ in server.submitted] == ["1", "1", "1", "2", "2", "2"]


async def test_what_is_left_goes_on_at_the_server_and_is_taken_up(
    server: BatchesServer, tmp_path: Path
) -> None:
    server.hold()
    async with batch_run(tmp_path, server.url, runs=3) as run:
        await run.submitted()
        assert [trial.latest.phase for trial in run.state.trials if trial.latest] == [Phase.BATCHED] * 3
        (waited_for,) = run.state.open_batches
        assert waited_for.requests == 3
        run.evaluation.cut_off("interrupted")
        await run.evaluation.finished()
        assert run.statuses == ["queued"] * 3
    assert "cancel" not in server.kinds()
    server.finish()
    async with batch_run(tmp_path, server.url) as run:
        state = await run.finished()
        assert state.tally.passed == 3
        assert [len(trial.attempts) for trial in state.trials] == [1, 1, 1]
        assert all(step.seconds < 3_600 for trial in state.trials for step in trial.attempts[0].steps)
    assert len(server.batches) == 1


async def test_a_batch_that_the_user_cancels_is_cancelled_at_the_server(
    server: BatchesServer, tmp_path: Path
) -> None:
    server.hold()
    async with batch_run(tmp_path, server.url, runs=2) as run:
        await run.submitted()
        run.evaluation.cancel(1)
        await run.until(lambda: run.statuses == ["void", "running"])
        assert not server.batches[0].canceled
        run.evaluation.cancel(2)
        await run.until(lambda: run.state.batches[0].dropped)
        assert run.stored.batches[0].dropped == "cancelled"
        assert run.statuses == ["void", "void"]
        assert server.batches[0].canceled


async def test_what_a_cancelled_run_was_answered_all_the_same_is_paid_for(
    server: BatchesServer, tmp_path: Path
) -> None:
    server.hold()
    async with batch_run(tmp_path, server.url, runs=3) as run:
        await run.submitted()
        run.evaluation.cancel(2)
        await run.until(lambda: run.statuses == ["running", "void", "running"])
        assert run.state.tally.output_tokens == 0
        server.finish()
        await run.until(lambda: run.statuses == ["passed", "void", "passed"])
        await run.until(lambda: run.state.tally.output_tokens == 3 * 34)
    stored = run.stored_again()
    assert stored.tally == run.state.tally
    assert stored.trials == run.state.trials


async def test_what_is_submitted_is_what_was_planned_although_a_run_is_cancelled_then(
    server: BatchesServer, tmp_path: Path
) -> None:
    async with batch_run(tmp_path, server.url, runs=3) as run:

        def cancel_one(arrived: Sequence[Event]) -> None:
            if any(isinstance(event, BatchPlanned) and event.batch == 1 for event in arrived):
                run.evaluation.cancel(1)

        run.journal.listen(cancel_one)
        state = await run.finished()
        assert [str(trial.status) for trial in state.trials] == ["void", "passed", "passed"]
        # A look at the server's list goes by the size.
        sizes = {batch.id: len(batch.requests) for batch in server.batches}
        assert {batch.id: batch.requests for batch in state.batches if batch.id} == sizes


async def test_a_paused_run_keeps_its_place_and_takes_its_result_later(
    server: BatchesServer, tmp_path: Path
) -> None:
    server.hold()
    async with batch_run(tmp_path, server.url, runs=2) as run:
        await run.submitted()
        run.evaluation.pause(1)
        server.finish()
        await run.until(lambda: run.statuses == ["paused", "passed"])
        run.evaluation.resume(1)
        await run.until(lambda: run.statuses == ["passed", "passed"])
    assert len(server.batches) == 1


async def test_a_run_that_comes_back_while_results_are_read_gets_its_own(
    server: BatchesServer, tmp_path: Path
) -> None:
    server.hold()
    async with batch_run(tmp_path, server.url, runs=3) as run:
        await run.submitted()
        run.evaluation.pause(3)
        run.evaluation.cut_off("interrupted")
        await run.evaluation.finished()
    server.finish()
    async with batch_run(tmp_path, server.url) as run:
        loop = asyncio.get_running_loop()

        async def come_back() -> None:
            run.evaluation.resume(3)
            await run.until(lambda: run.statuses[2] == "running")
            for _ in range(100):  # it asks a little later
                await asyncio.sleep(0)
                await run.journal.flush()

        def after_the_first_line() -> None:
            server.line_sent_hook = lambda: None
            asyncio.run_coroutine_threadsafe(come_back(), loop).result(100)

        server.line_sent_hook = after_the_first_line
        run.evaluation.start()
        await run.until(lambda: run.statuses == ["passed"] * 3)
        assert not any(isinstance(event, TryFailed) for event in run.events)
    assert len(server.batches) == 1


async def test_a_batch_in_which_a_paused_run_has_a_place_is_not_cancelled(
    server: BatchesServer, tmp_path: Path
) -> None:
    server.hold()
    async with batch_run(tmp_path, server.url, runs=3) as run:
        await run.submitted()
        run.evaluation.pause(1)
        run.evaluation.cut_off("interrupted")
        await run.evaluation.finished()
    async with batch_run(tmp_path, server.url) as run:
        run.evaluation.start()
        await run.until(lambda: run.statuses == ["paused", "running", "running"])
        run.evaluation.cancel(2)
        run.evaluation.cancel(3)
        await run.until(lambda: run.statuses == ["paused", "void", "void"])
        assert not run.state.batches[0].dropped
        run.evaluation.cancel(1)
        await run.until(lambda: run.state.batches[0].dropped == "cancelled")
    assert server.batches[0].canceled


async def test_a_batch_is_found_again_when_the_answer_to_submitting_it_was_lost(
    server: BatchesServer, tmp_path: Path
) -> None:
    lost: list[Call] = []

    def lose_the_first(call: Call) -> Instead:
        if call.kind == "create" and not lost:
            lost.append(call)
            return DROP
        return None

    async with batch_run(tmp_path, server.url, runs=2) as run:
        # Others of the same size, before and after; none of them has an id of this evaluation.
        other = {"requests": [{"custom_id": f"other-{n}", "params": {}} for n in range(2)]}
        server.batch_call("POST", "/v1/messages/batches", other)
        server.meddle_after = lose_the_first

        def add_another(call: Call) -> Instead:
            if call.kind == "list" and len(server.batches) == 2:
                server.batch_call("POST", "/v1/messages/batches", other)
            return None

        server.meddle = add_another
        state = await run.finished()
        assert state.tally.passed == 2
        assert state.batches[0].id == server.batches[1].id
        assert server.kinds().count("create") == 3


@pytest.mark.parametrize("gone", ["list", "results"])
async def test_what_cannot_be_told_is_asked_of_the_user(
    server: BatchesServer, tmp_path: Path, gone: str
) -> None:
    server.meddle_after = lambda call: DROP if call.kind == "create" else None

    def lose(call: Call) -> Instead:
        if call.kind != "list":
            return None
        for batch in server.batches:
            batch.archived = True
        return Failure(404) if gone == "list" else None

    server.meddle = lose
    async with batch_run(tmp_path, server.url, runs=2) as run:
        state = await run.finished()
        why = state.stop_reason or ""
        assert why.startswith("it cannot be told whether a batch of 2 requests was submitted: ")
        assert why.endswith("; resume 1 --batch-again asks anew, and may pay for the same twice")
        assert len(server.batches) == 1
        assert run.statuses == ["queued", "queued"]
    server.meddle_after = lambda _: None
    async with batch_run(tmp_path, server.url, again=True) as run:
        state = await run.finished()
        assert state.tally.passed == 2
        assert [batch.dropped for batch in state.batches] == ["given up", None]
    assert len(server.batches) == 2


async def test_a_server_without_batches_says_so_at_once(server: BatchesServer, tmp_path: Path) -> None:
    server.meddle = lambda _: Failure(404)
    async with batch_run(tmp_path, server.url, runs=2) as run:
        state = await run.finished()
        assert state.stop_reason == f"{server.url} takes no message batches (404); run without --batch"
        assert not run.state.tally.void


async def test_an_overloaded_server_is_asked_again_and_nothing_is_planned_anew(
    server: BatchesServer, tmp_path: Path
) -> None:
    calls: list[str] = []

    def overloaded(call: Call) -> Instead:
        calls.append(call.kind)
        if calls.count(call.kind) > 1:
            return None
        # Of what is refused with 429 it is known that it was not carried out, of what fails with 529 it is not.
        return Failure(*{"create": (529, "overloaded_error")}.get(call.kind, (429, "rate_limit_error")))

    server.meddle = overloaded
    async with batch_run(tmp_path, server.url, runs=2) as run:
        state = await run.finished()
        assert state.tally.passed == 2
        assert sum(isinstance(event, BatchPlanned) for event in run.events) == 1
        assert len(server.batches) == 1
        assert calls[:5] == ["create", "list", "list", "create", "retrieve"]


def test_ids_fit_whatever_the_numbers() -> None:
    most = 2**63 - 1
    request = Request((), (), 1, seed=most, step=1_000, trial=MOST_RUNS, attempt=999)
    mark = fresh_mark()
    id_ = custom_id(mark, 9_999_999, request)
    assert len(id_) <= LONGEST_ID
    assert id_.endswith(f"{most:x}")
    assert has_mark(id_, mark)
    assert not has_mark(id_, fresh_mark())


def test_what_is_too_large_for_one_batch_is_several() -> None:
    def waiting(size: int) -> WaitingRequest:
        request = Request((Message.user("x" * size),), (), 1, seed=1)
        return WaitingRequest(request, None, None)  # type: ignore[arg-type]

    sizes = [len(part) for part in in_parts([waiting(10) for _ in range(5)], requests=2)]
    assert sizes == [2, 2, 1]
    sizes = [len(part) for part in in_parts([waiting(n) for n in (400, 400, 2_000, 10)], size=1_600)]
    assert sizes == [2, 1, 1]
    assert list(in_parts([])) == []
