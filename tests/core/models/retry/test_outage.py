"""A server that answers nobody for a while: nothing is used up, and everything goes on when it is well again."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropout_core.models.anthropic.client import AnthropicModel
from dropout_core.models.retry.outage import LONGEST_WAIT, NO_OUTAGE, REQUESTS_IN_A_ROW, Outage
from dropout_core.state import events
from dropout_core.state.end_reasons import COMPLETED
from dropout_core.state.trial_state import Phase, Status
from tests.core.api_model import KEY
from tests.core.api_run import known, running
from tests.faults import ANSWER, Numbered
from tests.messages_server import DROP, Behaviour, Failure, Gate, MessagesServer, Received, Stream

DOWN = Failure(500, "api_error", "changed my mind")
FULL = Failure(529, "overloaded_error", "Overloaded")
GONE = Failure(404, "not_found_error", "nothing here")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)


class DownFor:
    """Answers so many requests, then fails so many, then answers again."""

    def __init__(self, answered: int, failed: int, fault: Behaviour = DOWN) -> None:
        self._answered, self._failed, self._fault = answered, failed, fault
        self.asked = 0

    def __call__(self, request: Received) -> Behaviour:
        self.asked += 1
        return self._fault if self._answered < self.asked <= self._answered + self._failed else ANSWER


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "fault",
    [pytest.param(DOWN, id="error", marks=pytest.mark.long_run), DROP, FULL],
    ids=["error", "dropped", "overloaded"],
)
async def test_an_outage_is_waited_for_and_leaves_no_trial_void(tmp_path: Path, fault: Behaviour) -> None:
    with MessagesServer(ANSWER) as server:
        async with running(tmp_path, await known(server), runs=20, concurrency=5) as run:
            server.default = DownFor(answered=8, failed=50 if fault is FULL else 45, fault=fault)
            run.evaluation.start()
            await run.evaluation.finished()
            assert run.state.stop_reason == COMPLETED
            assert (run.state.tally.passed, run.state.tally.void) == (20, 0)
            waits = [held.seconds for held in run.events if isinstance(held, events.RequestHeld)]
            assert max(seconds or 0.0 for seconds in waits) > 25  # the server is left alone for a while


async def test_during_an_outage_one_request_at_a_time_asks_for_all(tmp_path: Path) -> None:
    with MessagesServer(ANSWER) as server:
        async with running(tmp_path, await known(server), runs=20, concurrency=5) as run:
            server.default = DownFor(answered=5, failed=45)
            run.evaluation.start()
            await run.evaluation.finished()
            adapted = [one.allowed for one in run.events if isinstance(one, events.ConcurrencyAdapted)]
            assert min(adapted) == 1
            assert run.state.tally.passed == 20


async def test_refusals_of_everybody_leave_the_other_trials_unmade_until_it_is_over(tmp_path: Path) -> None:
    """Nobody can tell the first two from refusals of just these requests.

    One request at a time: an answer that came between two refusals would begin the count anew.
    """
    with MessagesServer(ANSWER) as server:
        async with running(tmp_path, await known(server), runs=20, concurrency=1) as run:
            server.default = DownFor(answered=4, failed=8, fault=GONE)
            run.evaluation.start()
            await run.evaluation.finished()
            assert run.state.tally.void == REQUESTS_IN_A_ROW - 1
            assert run.state.tally.passed == 20 - run.state.tally.void

            run.evaluation.repeat_voids()
            await run.evaluation.finished()
            assert run.state.tally.passed == 20


async def test_requests_that_fail_while_others_are_answered_are_void_alone(tmp_path: Path) -> None:
    with MessagesServer(ANSWER) as server:
        async with running(tmp_path, await known(server), runs=12, concurrency=1) as run:
            calls = 0

            def every_other(request: Received) -> Behaviour:
                nonlocal calls
                calls += 1
                return GONE if calls % 2 else ANSWER

            server.default = every_other
            run.evaluation.start()
            await run.evaluation.finished()
            assert (run.state.tally.passed, run.state.tally.void) == (6, 6)
            assert run.state.stop_reason == COMPLETED


async def test_an_outage_without_an_end_ends_the_evaluation_and_keeps_its_trials(tmp_path: Path) -> None:
    with MessagesServer(ANSWER) as server:
        async with running(tmp_path, await known(server), runs=20, concurrency=5) as run:
            server.default = DownFor(answered=5, failed=10**6)
            run.evaluation.start()
            await run.evaluation.finished()
            reason = "the server has answered nothing for 30 minutes: API server error 500"
            assert run.state.stop_reason is not None
            assert run.state.stop_reason.startswith(reason)
            assert (run.state.tally.passed, run.state.tally.void) == (5, 0)
            assert run.state.tally.count(Status.QUEUED) == 15

            server.default = ANSWER
            run.evaluation.start()
            await run.evaluation.finished()
            assert run.state.tally.passed == 20


@pytest.mark.parametrize("fault", [DOWN, DROP], ids=["error", "dropped"])
async def test_a_server_that_never_answers_is_asked_by_one_request_only(
    tmp_path: Path, fault: Behaviour
) -> None:
    with MessagesServer(fault) as server:
        model = Numbered(AnthropicModel("claude-x", server.url))
        async with running(tmp_path, model, runs=100, concurrency=50, first_alone=True) as run:
            run.evaluation.start()
            await run.evaluation.finished()
            assert run.state.stop_reason is not None
            assert run.state.stop_reason.endswith("the server has not answered a single request yet")
            assert run.state.tally.ended == 0
            assert len(server.requests) == 4


async def test_the_others_follow_as_soon_as_the_first_begins_to_be_answered(tmp_path: Path) -> None:
    before, after = Gate(), Gate()
    events = ANSWER.events()
    begun = next(place for place, one in enumerate(events) if one["type"] == "content_block_delta") + 1
    with MessagesServer(ANSWER) as server:
        server.play(Stream([before, *events[:begun], after, *events[begun:]]))
        model = Numbered(AnthropicModel("claude-x", server.url))
        async with running(tmp_path, model, runs=5, concurrency=5, first_alone=True) as run:
            run.evaluation.start()
            await run.until(Phase.ASKING)
            assert len(server.requests) <= 1
            before.open()
            await run.until(Phase.REPLYING)
            while run.state.tally.passed < 4:
                await run.until_changed()
            assert len(server.requests) == 5
            after.open()
            await run.evaluation.finished()
            assert run.state.tally.passed == 5


def test_waits_double_up_to_five_minutes() -> None:
    outage = Outage(since=0.0)
    waits = []
    for _ in range(8):
        waits.append(outage.wait)
        outage = outage.after_probe()
    assert waits[:3] == [30.0, 60.0, 120.0]
    assert max(waits) == waits[-1] == LONGEST_WAIT


@pytest.mark.parametrize(("given_up", "struggling", "is_on"), [(1, 2, True), (1, 1, False), (3, 0, True)])
def test_several_requests_make_an_outage(given_up: int, struggling: int, is_on: bool) -> None:
    outage = NO_OUTAGE
    for _ in range(given_up):
        outage = outage.after_giving_up(struggling, now=1.0)
    assert outage.is_on is is_on
