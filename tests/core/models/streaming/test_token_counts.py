"""Tokens are counted as the server counts them, however it writes that, and estimated where it does not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dropout_core.models import Usage
from dropout_core.models.anthropic.client import AnthropicModel
from dropout_core.models.streaming.token_counts import TokenCounts
from dropout_core.state import events
from tests.core.api_model import KEY, AskedModel, asking, ignore
from tests.core.api_run import running
from tests.faults import ANSWER
from tests.messages_server import DROP, Answer, MessagesServer, Stream


def answer_with(at_first: object, at_last: object) -> Stream:
    """A reply of 60 characters with these ``usage`` objects; ``...`` leaves one out."""
    events = Answer("x" * 60).events()
    del events[0]["message"]["usage"], events[-2]["usage"]
    if at_first is not ...:
        events[0]["message"]["usage"] = at_first
    if at_last is not ...:
        events[-2]["usage"] = at_last
    return Stream(events)


@pytest.mark.parametrize(
    ("at_first", "at_last", "usage"),
    [
        ({"input_tokens": 100, "output_tokens": 1}, {"output_tokens": 50}, Usage(100, 50)),
        ({"input_tokens": 100.0, "output_tokens": 1.0}, {"output_tokens": 50.0}, Usage(100, 50)),
        ({"input_tokens": "100", "output_tokens": "1"}, {"output_tokens": " 50 "}, Usage(100, 50)),
        ({"input_tokens": "1e2", "output_tokens": None}, {"output_tokens": 49.2}, Usage(100, 50)),
        ({"input_tokens": 100}, {"input_tokens": 0, "output_tokens": 50}, Usage(100, 50)),
        ({"input_tokens": 0}, {"input_tokens": 100, "output_tokens": 50}, Usage(100, 50)),
        ({"input_tokens": 100, "output_tokens": 50}, {"output_tokens": 0}, Usage(100, 50)),
        ({"input_tokens": 100, "output_tokens": 50}, ..., Usage(100, 50)),
        (..., {"input_tokens": 100, "output_tokens": 50}, Usage(100, 50)),
        (
            {"input_tokens": 1, "cache_read_input_tokens": "20", "cache_creation_input_tokens": 300.0},
            {"cache_read_input_tokens": 0, "output_tokens": 50},
            Usage(321, 50, cache_read_input_tokens=20, cache_creation_input_tokens=300),
        ),
    ],
)
async def test_numbers_are_read_in_any_spelling_and_the_largest_counts(
    api_model: AskedModel, messages_server: MessagesServer, at_first: object, at_last: object, usage: Usage
) -> None:
    messages_server.default = answer_with(at_first, at_last)
    assert (await api_model.reply(asking(), ignore)).usage == usage


@pytest.mark.parametrize(
    ("at_first", "at_last"),
    [
        (..., ...),
        (None, None),
        ("100", [50]),
        ({}, {}),
        ({"input_tokens": -5, "output_tokens": -1}, {"output_tokens": -50}),
        ({"input_tokens": 0, "output_tokens": 0}, {"output_tokens": 0}),
        ({"input_tokens": 10**30}, {"output_tokens": 10**400}),
        ({"input_tokens": "many", "output_tokens": True}, {"output_tokens": "inf"}),
        ({"input_tokens": float("nan")}, {"output_tokens": float("inf")}),
    ],
)
async def test_what_is_not_counted_is_estimated(
    api_model: AskedModel, messages_server: MessagesServer, at_first: object, at_last: object
) -> None:
    messages_server.default = answer_with(at_first, at_last)
    usage = (await api_model.reply(asking(), ignore)).usage
    assert usage.estimated
    assert usage.output_tokens == 20
    assert 10 < usage.input_tokens < 1000


async def test_what_only_lacks_one_half_keeps_the_other(
    api_model: AskedModel, messages_server: MessagesServer
) -> None:
    messages_server.default = answer_with({"input_tokens": 100}, ...)
    assert (await api_model.reply(asking(), ignore)).usage == Usage(100, 20, estimated=True)


def test_a_count_from_the_beginning_is_not_taken_for_the_end() -> None:
    counts = TokenCounts(asked=7)
    counts.take_in({"input_tokens": 10, "output_tokens": 1})
    assert counts.usage(60, begun=True) == Usage(10, 1)
    assert counts.usage(6000, begun=True) == Usage(10, 2000, estimated=True)


def test_nothing_is_estimated_before_anything_came() -> None:
    assert TokenCounts(asked=7).usage(0, begun=False) == Usage()


@pytest.mark.parametrize("breaks_off", [False, True])
async def test_a_limit_of_tokens_holds_without_the_servers_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, breaks_off: bool
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    sent: list[Mapping[str, Any]] = [
        {**event, "message": {**event["message"], "usage": None}} if event["type"] == "message_start"
        else {name: value for name, value in event.items() if name != "usage"}
        for event in ANSWER.events()
    ]  # fmt: skip
    with MessagesServer(Stream(sent)) as server:
        if breaks_off:
            server.play(Stream([*sent[:4], DROP]))
        async with running(tmp_path, AnthropicModel("claude-x", server.url), runs=2) as run:
            run.evaluation.start()
            await run.evaluation.finished()
            assert run.state.tally.passed == 2
            assert run.state.tally.estimated == 2
            assert run.state.tally.input_tokens > 20
            assert run.state.tally.output_tokens >= 2 * len(ANSWER.text) / 4
            assert run.stored.tally == run.state.tally
            finished = [event for event in run.events if isinstance(event, events.ReplyFinished)]
            assert all(event.estimated for event in finished)
            if breaks_off:
                (failed,) = [event for event in run.events if isinstance(event, events.TryFailed)]
                assert failed.estimated
                assert failed.output_tokens > 0
