"""Whole evaluations against a server that fails at a high rate: every trial is graded, none is asked too often."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from dropout_core.models.anthropic.client import AnthropicModel, TimeLimits
from dropout_core.models.retry.gate import Clock
from dropout_core.state import events
from dropout_core.state.end_reasons import COMPLETED
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import Phase, Status
from dropout_core.verdict.verdict import Outcome
from tests.core.api_model import KEY
from tests.core.api_run import Run, known, running
from tests.faults import ANSWER, FAULTS, Numbered, Worst
from tests.messages_server import Answer, Behaviour, Failure, Gate, MessagesServer, Received, Stream, thinking


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)


async def see_through(path: Path, runs: int, concurrency: int) -> tuple[Run, Worst]:
    """Run trials against a server at its worst and check what must hold; returned for a look at the figures."""
    worst = Worst(rate=0.3, seed=1)
    with MessagesServer(ANSWER) as server:
        async with running(path, await known(server), runs=runs, concurrency=concurrency) as run:
            server.default = worst
            began = len(server.requests)
            run.evaluation.start()
            await run.evaluation.finished()

            faults = worst.done.total()
            assert run.state.stop_reason == COMPLETED
            assert [trial.status for trial in run.state.trials] == [Status.PASSED] * runs
            assert len(server.requests) - began == runs + faults
            assert run.count(events.RequestSent) == runs + faults
            assert run.count(events.TryFailed) == faults
            assert run.count(events.ReplyFinished) == runs
            assert all(trial.attempts[0].failed_tries <= 6 for trial in run.state.trials)
            holds = [event for event in run.events if isinstance(event, events.RequestHeld)]
            assert max(hold.seconds or 0.0 for hold in holds) < 61 + 30
            assert run.state.tally.output_tokens > runs * ANSWER.usage["output_tokens"]  # and what broke off
            assert without_waits(run.stored) == without_waits(run.state)
            return run, worst


def without_waits(state: EvaluationState) -> object:
    """What is so once all is over."""
    return state.trials, state.tally, state.checks, state.stop_reason


async def test_every_trial_is_graded_and_asked_no_oftener_than_it_must(tmp_path: Path) -> None:
    _, worst = await see_through(tmp_path, runs=60, concurrency=10)
    assert len(worst.done) >= 10  # kinds


@pytest.mark.long_run
@pytest.mark.timeout(600)
async def test_five_hundred_trials(tmp_path: Path) -> None:
    began = time.monotonic()
    run, worst = await see_through(tmp_path, runs=500, concurrency=25)
    assert set(worst.done) == set(FAULTS)
    holds = [event for event in run.events if isinstance(event, events.RequestHeld)]
    adapted = [event.allowed for event in run.events if isinstance(event, events.ConcurrencyAdapted)]
    print(
        f"\n500 trials in {time.monotonic() - began:.1f} s; {worst.done.total()} faults, {len(holds)} holds, "
        f"most tries {1 + max(trial.attempts[0].failed_tries for trial in run.state.trials)}, "
        f"in flight between {min(adapted)} and {max(adapted)}\n{worst.done}"
    )


async def test_a_refused_key_midway_ends_new_requests_at_once_and_loses_nothing(tmp_path: Path) -> None:
    refused = Failure(401, "authentication_error", "invalid x-api-key")
    answered = 0

    def revoked_after_twenty(request: Received) -> Behaviour:
        nonlocal answered
        answered += 1
        return ANSWER if answered <= 20 else refused

    with MessagesServer(ANSWER) as server:
        async with running(tmp_path, await known(server), runs=60, concurrency=5) as run:
            server.default = revoked_after_twenty
            began = len(server.requests)
            run.evaluation.start()
            await run.evaluation.finished()
            assert run.state.stop_reason == "the server refused the key (401); check ANTHROPIC_API_KEY"
            assert 1 <= len(server.requests) - began - 20 <= 5  # at most those already under way
            assert run.state.tally.passed == 20
            assert run.state.tally.count(Status.QUEUED) == 40
            assert run.state.tally.void == 0

            server.default = ANSWER
            run.evaluation.start()
            await run.evaluation.finished()
            assert run.state.tally.passed == 60


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (
            Failure(
                400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API."
            ),
            "the account cannot pay for requests",
        ),
        (Failure(403, "permission_error", "no access"), "the server refused the key (403: no access)"),
        (Failure(404, "not_found_error", "model: claude-x"), "does not know the model 'claude-x'"),
        (Failure(400, "invalid_request_error", "tools: too many"), "the server refused the request (400"),
        (
            Failure(429, "rate_limit_error", "Slow down", headers={"retry-after": "3600"}),
            "API rate limited, and the server asks to wait 60 min",
        ),
    ],
    ids=["credit", "permission", "model", "malformed", "an-hour"],
)
async def test_a_permanent_error_is_reported_once(tmp_path: Path, fault: Failure, line: str) -> None:
    with MessagesServer(fault) as server:
        model = Numbered(AnthropicModel("claude-x", server.url))
        async with running(tmp_path, model, runs=40, concurrency=4) as run:
            run.evaluation.start()
            await run.evaluation.finished()
            assert run.state.stop_reason is not None
            assert line in run.state.stop_reason
            assert run.state.tally.ended == 0
            assert len(server.requests) <= 2 * 4  # an hour is asked about twice: the first time may be a slip
            assert run.count(events.EvaluationEnded) == 1


async def test_a_turned_away_request_holds_the_others_and_fewer_go_on_together(tmp_path: Path) -> None:
    limited = Failure(429, "rate_limit_error", "Slow down", headers={"retry-after": "5"})
    with MessagesServer(ANSWER) as server:
        async with running(tmp_path, await known(server), runs=40, concurrency=8) as run:
            server.play(*[limited] * 8)
            run.evaluation.start()
            await run.evaluation.finished()
            assert run.state.tally.passed == 40
            assert run.count(events.TryFailed) == 8
            adapted = [event.allowed for event in run.events if isinstance(event, events.ConcurrencyAdapted)]
            assert adapted[0] <= 4
            assert adapted[-1] == run.state.allowed == 8
            waits = [event for event in run.events if isinstance(event, events.RequestHeld)]
            assert {event.reason for event in waits if event.failures} == {"API rate limited"}
            assert run.stored.tally.output_tokens == run.state.tally.output_tokens


async def test_an_attempt_that_takes_too_long_in_all_is_void_with_that_reason(tmp_path: Path) -> None:
    gate = Gate()
    with MessagesServer(Stream([*ANSWER.events()[:4], gate])) as server:
        model = AnthropicModel("claude-x", server.url, time_limits=TimeLimits(first_token=60, stall=60))
        async with running(tmp_path, model, runs=1, attempt_seconds=0.5) as run:
            run.evaluation.start()
            await run.evaluation.finished()
            trial = run.state.trial(1)
            verdict = trial.attempts[0].verdict
            assert verdict is not None
            assert verdict.outcome is Outcome.VOID
            assert verdict.reason == "API too slow, no verdict after 0.5 s of asking"
            assert len(server.requests) <= 1  # none at all when it took so long to connect


async def test_a_cancelled_reply_is_counted_as_far_as_it_is_known(tmp_path: Path) -> None:
    gate = Gate()
    with MessagesServer(Stream([*ANSWER.events()[:4], gate])) as server:
        model = AnthropicModel("claude-x", server.url)
        async with running(tmp_path, model, runs=1) as run:
            run.evaluation.start()
            await run.until(Phase.REPLYING)
            run.evaluation.cancel(1)
            await run.evaluation.finished()
            attempt = run.state.trial(1).attempts[0]
            assert (attempt.input_tokens, attempt.output_tokens) == (ANSWER.usage["input_tokens"], 1)
            assert run.stored.trial(1).attempts[0].tokens == attempt.tokens


async def test_a_trial_that_waits_to_be_tried_again_can_pause(tmp_path: Path) -> None:
    over = asyncio.Event()

    async def sleep(seconds: float) -> None:
        await over.wait()

    with MessagesServer(ANSWER) as server:
        model = AnthropicModel("claude-x", server.url)
        async with running(tmp_path, model, runs=1, waits=Clock(sleep=sleep)) as run:
            server.play(Failure(500))
            run.evaluation.start()
            await run.until(Phase.WAITING)
            run.evaluation.pause(1)
            over.set()
            await run.evaluation.finished()
            assert run.state.trial(1).status is Status.PAUSED
            assert len(server.requests) == 1
            run.evaluation.resume(1)
            await run.evaluation.finished()
            assert run.state.trial(1).status is Status.PASSED
            assert len(server.requests) == 2


@pytest.mark.parametrize(
    "signs",
    [
        [{"type": "ping"}],
        [ANSWER.events()[0], {"type": "ping"}],
        Answer("hi", (thinking(""),)).events()[:2],
    ],
    ids=["before the reply", "before its first block", "in a thinking block"],
)
async def test_a_model_that_thinks_out_of_sight_is_seen_to(
    tmp_path: Path, signs: list[dict[str, object]]
) -> None:
    gate = Gate()
    with MessagesServer(Stream([*signs, gate, *ANSWER.events()])) as server:
        async with running(tmp_path, AnthropicModel("claude-x", server.url), runs=1) as run:
            run.evaluation.start()
            await run.until(Phase.THINKING)
            attempt = run.state.trial(1).attempts[0]
            assert attempt.thinking_since is not None
            assert attempt.thinking_since >= attempt.started_at
            gate.open()
            await run.evaluation.finished()
            assert run.state.tally.passed == 1
            noticed = [event for event in run.events if isinstance(event, events.ThinkingNoticed)]
            assert len(noticed) == 1
            assert len(server.requests) == 1
