"""Replies that are the same: noticed, said, and no ground for a decision."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.analysis.review.rate_warnings import warning_of_copies
from dropout_core.models.anthropic.client import AnthropicModel
from dropout_core.reports.jsonlines import summary_object
from dropout_core.state.duplicate_replies import FEWEST, MOST_COMPARED, NO_COPIES, copies_of
from dropout_core.statistics.pass_rate import Band, Decision
from dropout_core.values.conversation import Message, TextBlock, ThinkingBlock, ToolUseBlock
from tests.core.api_model import KEY
from tests.core.api_run import running
from tests.messages_server import Answer, Behaviour, MessagesServer, Received

PASSING = "```python\ndef dropout(x, p, training):\n    return 'pass'\n```"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)


@given(st.lists(st.sampled_from(["", "a", "b", "c", "d", "e"]), max_size=40))
def test_one_by_one_they_are_counted_as_all_at_once(digests: list[str]) -> None:
    copies = NO_COPIES
    for digest in digests:
        copies = copies.with_reply(digest)
    assert copies == copies_of(digests)
    assert copies.same == sum(digests.count(one) > 1 for one in digests if one)


def test_a_few_equal_replies_are_not_suspicious() -> None:
    assert not copies_of(["a"] * (FEWEST - 1)).are_many
    assert copies_of(["a"] * FEWEST).are_many
    assert not copies_of([*"aaaa", *map(str, range(5))]).are_many
    assert copies_of(map(str, range(MOST_COMPARED + 50))).replies == MOST_COMPARED


def test_what_a_server_makes_up_for_each_reply_does_not_make_it_another() -> None:
    first, second = (
        Message(
            "assistant",
            (
                ThinkingBlock("hm", sign),
                TextBlock("so"),
                ToolUseBlock(sign, "submit_answer", {"answer": "x"}),
            ),
        )
        for sign in ("one", "two")
    )
    assert first.digest == second.digest
    other = Message("assistant", (ThinkingBlock("hm", "one"), TextBlock("so!")))
    assert other.digest != first.digest


class Cache:
    """Answers with a few replies, over and over, unless the prompts differ."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._asked: dict[str, int] = {}

    def __call__(self, request: Received) -> Behaviour:
        prompt = str(request.body["messages"])
        self._asked[prompt] = self._asked.get(prompt, 0) + 1
        which = len(self._asked) if len(self._asked) > 1 else self._asked[prompt] % self._upstream
        return Answer(f"{PASSING}\nThis is reply {which}.")


async def test_a_cache_is_noticed_and_the_band_is_not_decided_on_its_copies(tmp_path: Path) -> None:
    with MessagesServer(Cache(3)) as server:
        model = AnthropicModel("claude-x", server.url)
        async with running(tmp_path, model, runs=40, band=Band(0.1, 0.4)) as run:
            run.evaluation.start()
            await run.evaluation.finished()
            assert run.state.tally.passed == 40
            assert run.state.decision is Decision.UNDECIDED
            said = "40 of 40 replies are the same: is there a cache, or temperature 0?"
            assert warning_of_copies(run.state) == said
            assert summary_object(1, run.state)["same_replies"] == 40
            assert summary_object(1, run.state)["same_code"] == 40
            assert said in summary_object(1, run.state)["warning"]
            assert run.stored.copies == run.state.copies
            (line,) = run.store.history()
            assert line.decision is Decision.UNDECIDED


async def test_a_nonce_makes_requests_differ(tmp_path: Path) -> None:
    with MessagesServer(Cache(3)) as server:
        model = AnthropicModel("claude-x", server.url)
        async with running(tmp_path, model, runs=40, nonce=True, band=Band(0.1, 0.4)) as run:
            run.evaluation.start()
            await run.evaluation.finished()
            assert len({str(request.body["messages"]) for request in server.requests}) == 40
            assert run.state.copies.same == 0
            assert run.state.decision is Decision.ABOVE
            (line,) = run.store.history()
            assert line.decision is Decision.ABOVE
