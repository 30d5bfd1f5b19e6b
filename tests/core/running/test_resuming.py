"""Cut off anywhere, an evaluation goes on from what is stored: no stored reply is asked for again."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from dropout_core.attempts.transcript import Transcript
from dropout_core.models.anthropic.client import AnthropicModel
from dropout_core.running.evaluation import Evaluation
from dropout_core.state.evaluation_state import EvaluationState, begin
from dropout_core.state.events import (
    EvaluationEnded,
    EvaluationStarted,
    Event,
    GradingStarted,
    ReplyFinished,
    VerdictReached,
)
from dropout_core.state.trial_state import Status
from dropout_core.storage.errors import StoreUnusable
from dropout_core.storage.journal import Journal
from dropout_core.storage.store import Store
from dropout_core.values.conversation import Message, ToolResultBlock
from tests.core.api_model import Patience
from tests.core.bench import PASSING, Calculator, WordGrading, bench, config
from tests.messages_server import Answer, MessagesServer, Received, refusal, thinking, tool_use

SUBMITTED = "def dropout(x, p, training):\n    return 'pass'\n"


THOUGHT_AND_CALLED = [
    thinking("", "c2VhbA=="),
    {"type": "redacted_thinking", "data": "c2VjcmV0"},
    tool_use("python_expression", {"expression": "1"}, "t1"),
]


def agent(request: Received) -> Answer:
    """Thinks out of sight, tries two expressions, is cut off in its words once, and submits."""
    match len(request.body["messages"]):
        case 1:
            return Answer("One.", THOUGHT_AND_CALLED, "tool_use")
        case 3:
            assert request.body["messages"][1]["content"][:-1] == THOUGHT_AND_CALLED
            return Answer("Two words too m", stop_reason="max_tokens")
        case 5:
            return Answer("Three.", [tool_use("python_expression", {"expression": "3"}, "t3")], "tool_use")
        case 7:
            return Answer("", [tool_use("submit_answer", {"answer": SUBMITTED}, "t4")], "tool_use")
        case turns:
            raise AssertionError(f"no conversation here has {turns} turns")


def paused_turns(request: Received) -> Answer:
    """A reply in two parts."""
    if len(request.body["messages"]) == 1:
        return Answer("First I think.", stop_reason="pause_turn")
    return Answer(PASSING)


BEHAVIOURS = {"agent": (agent, 4), "answer": (paused_turns, 2)}
"""By mode: what the server says, and how many requests one trial takes."""


@dataclass
class Going:
    """An evaluation that goes on with a real client, and what became durable meanwhile."""

    evaluation: Evaluation
    grading: WordGrading
    batches: list[Sequence[Event]]


@asynccontextmanager
async def going(store: Store, number: int, state: EvaluationState, url: str) -> AsyncIterator[Going]:
    model = AnthropicModel("m", url)
    grading, journal = WordGrading(), Journal(store, number)
    batches: list[Sequence[Event]] = []
    journal.listen(batches.append)
    evaluation = Evaluation(
        state, model=model, grading=grading, interpreter=Calculator(), journal=journal, waits=Patience().clock
    )
    try:
        yield Going(evaluation, grading, batches)
    finally:
        with suppress(StoreUnusable):
            await evaluation.close()
        await model.close()


def shape_of(state: EvaluationState, store: Store) -> list[object]:
    """What must not depend on where the evaluation was cut off."""
    shape: list[object] = []
    for trial in state.trials:
        latest = trial.latest
        assert latest is not None
        assert latest.verdict is not None
        turns = store.conversation(1, trial.number, latest.number)
        shape.append((latest.verdict.outcome, latest.code, latest.stop_reasons, turns))
    return shape


@pytest.mark.parametrize("mode", ["agent", "answer"])
async def test_cut_off_after_any_commit_it_ends_the_same_and_asks_only_for_what_is_missing(
    tmp_path: Path, messages_server: MessagesServer, mode: str
) -> None:
    messages_server.default, steps = BEHAVIOURS[mode]
    first = EvaluationStarted(at=0.0, config=config(mode=mode, runs=2, sequential=True))
    store = Store(tmp_path / "whole.sqlite3")
    async with going(store, store.create(first), begin(first), messages_server.url) as whole:
        whole.evaluation.start()
        await whole.evaluation.finished()
    expected = shape_of(store.state(1), store)
    assert len(messages_server.requests) == 2 * steps
    # A kill leaves what had been committed: a prefix of the batches.
    for cut in range(len(whole.batches) + 1):
        messages_server.requests.clear()
        again = Store(tmp_path / f"cut-{cut}.sqlite3")
        again.create(first)
        for batch in whole.batches[:cut]:
            again.append(1, batch)
        kept = [event for batch in whole.batches[:cut] for event in batch]
        replies = sum(isinstance(event, ReplyFinished) for event in kept)
        verdicts = sum(isinstance(event, VerdictReached) for event in kept)
        async with going(again, 1, again.state(1), messages_server.url) as rest:
            rest.evaluation.start()
            await rest.evaluation.finished()
        assert len(messages_server.requests) == 2 * steps - replies
        assert len(rest.grading.asked) == 2 - verdicts
        assert shape_of(again.state(1), again) == expected
        again.close()
    store.close()


async def test_an_expression_whose_result_was_not_stored_runs_again(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    messages_server.default = agent
    first = EvaluationStarted(at=0.0, config=config(mode="agent", runs=1))
    store = Store(tmp_path / "store.sqlite3")
    async with going(store, store.create(first), begin(first), messages_server.url) as whole:
        whole.evaluation.start()
        await whole.evaluation.finished()
    events = [event for batch in whole.batches for event in batch]
    reply = next(index for index, event in enumerate(events) if isinstance(event, ReplyFinished))
    again = Store(tmp_path / "again.sqlite3")
    again.create(first)
    again.append(1, events[: reply + 1])
    async with going(again, 1, again.state(1), messages_server.url) as rest:
        rest.evaluation.start()
        await rest.evaluation.finished()
    results = [block for turn in again.conversation(1, 1, 1) for block in turn.blocks]
    assert [block.content for block in results if isinstance(block, ToolResultBlock)] == ["ran 1", "ran 3"]
    assert len(messages_server.requests) == 4 + 3


async def test_an_attempt_cut_off_before_its_first_reply_starts_over(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1) as b:
        b.evaluation.start()
        await b.until(lambda: b.model.asked == [(1, 1)])
        b.evaluation.cut_off()
        await b.evaluation.finished()
        b.model.answer(1, PASSING, attempt=2)
        b.evaluation.start()
        await b.reads("passed")
        assert [attempt.verdict is None for attempt in b.state.trial(1).attempts] == [True, False]


async def test_cut_off_while_grading_it_is_graded_without_asking_again(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1) as b:
        b.model.answer(1, PASSING)
        b.journal.listen(
            lambda events: (
                b.evaluation.cut_off() if any(isinstance(e, ReplyFinished) for e in events) else None
            )
        )
        b.evaluation.start()
        await b.until(lambda: b.state.ended_at is not None)
        b.evaluation.start()
        await b.reads("passed")
        assert b.model.asked == [(1, 1)]
        assert len(b.state.trial(1).attempts) == 1
        assert sum(isinstance(event, GradingStarted) for event in b.events) == 1
        turns = b.store.conversation(1, 1, 1)
        assert turns == (Message.user("Write dropout."), b.model.answered(1))


async def test_the_explanation_of_a_refusal_is_stored_with_the_reply(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    messages_server.default = Answer(
        "I cannot.", stop_reason="refusal", stop_details=refusal("bio", "It looks like biology.")
    )
    first = EvaluationStarted(at=0.0, config=config(runs=1))
    store = Store(tmp_path / "store.sqlite3")
    async with going(store, store.create(first), begin(first), messages_server.url) as all_of_it:
        all_of_it.evaluation.start()
        await all_of_it.evaluation.finished()
    latest = store.state(1).trial(1).latest
    assert latest is not None
    turns = store.conversation(1, 1, 1)
    store.close()
    known = Transcript(lambda position, turn: None, stored=turns, taken=latest.steps)
    known.add(turns[0])
    reply = known.stored_reply(1)
    assert reply is not None
    assert (reply.stop_reason, reply.refusal_category) == ("refusal", "bio")
    assert reply.refusal_explanation == "It looks like biology."


async def test_a_pause_survives_the_end_of_the_program_wherever_it_was_requested(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=3, concurrency=2) as b:
        b.evaluation.start()
        await b.until(lambda: len(b.model.asked) == 2)
        b.evaluation.pause()
        b.model.answer(1, PASSING)
        await b.reads("paused", "pausing", "paused")
        stored = b.store.state(1)
    store = Store(tmp_path / "store.sqlite3")
    assert [trial.status for trial in stored.trials] == [Status.PAUSED, Status.PAUSING, Status.PAUSED]
    async with going(store, 1, store.state(1), "http://127.0.0.1:9") as rest:
        rest.evaluation.start()
        await rest.evaluation.finished()
        assert {trial.status for trial in store.state(1).trials} == {Status.PAUSED}
        # The first has its reply: it needs no model to end.
        rest.evaluation.resume(1)
        await rest.evaluation.finished()
        assert store.state(1).trial(1).status is Status.PASSED
    store.close()


async def test_the_time_between_two_programs_does_not_count(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1, mode="agent", max_steps=2) as b:
        b.model.answer(1, "So,", step=1)
        b.evaluation.start()
        await b.until(lambda: b.state.trial(1).status is Status.FAILED)
    first = EvaluationStarted(at=0.0, config=config(runs=1))
    store = Store(tmp_path / "old.sqlite3")
    number = store.create(first)
    store.append(number, [e for e in b.events if not isinstance(e, VerdictReached | EvaluationEnded)])
    later = store.state(number).latest_at + 1e6
    journal = Journal(store, number)
    evaluation = Evaluation(
        store.state(number), model=b.model, grading=WordGrading(), interpreter=Calculator(), journal=journal,
        clock=lambda: later,
    )  # fmt: skip
    evaluation.start()
    await evaluation.finished()
    assert store.state(number).trial(1).attempts[0].busy_seconds < 1000
    await evaluation.close()
    store.close()
