"""Several models behind one gate: what one learns of the server holds for all; what it learns of itself does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from dropout_core.models import ModelUnusable
from dropout_core.models.anthropic.client import AnthropicModel
from dropout_core.models.retry.gate import Gate
from dropout_core.models.retry.retrying import RetryingClient
from tests.core.api_model import HELLO, KEY, Listener, Patience, asking
from tests.messages_server import Behaviour, Failure, MessagesServer, Received

UNKNOWN = Failure(404, "not_found_error", "model: unknown")


def by_model(request: Received) -> Behaviour:
    return UNKNOWN if request.body["model"] == "unknown" else HELLO


@pytest_asyncio.fixture
async def clients(
    messages_server: MessagesServer, patience: Patience, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[dict[str, RetryingClient]]:
    """By the names of their models."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    messages_server.default = by_model
    models = {name: AnthropicModel(name, messages_server.url) for name in ("known", "unknown")}
    gate = Gate(2, patience.clock, first_alone=True)
    yield {name: RetryingClient(model, limit=2, gate=gate) for name, model in models.items()}
    for model in models.values():
        await model.close()


async def test_a_model_that_is_refused_leaves_the_others_alone(
    messages_server: MessagesServer, clients: dict[str, RetryingClient]
) -> None:
    asked = [clients[name].reply(asking(), Listener()) for name in ("unknown", "unknown", "known", "known")]
    refused, refused_too, answered, answered_too = await asyncio.gather(*asked, return_exceptions=True)
    for error in (refused, refused_too):
        assert isinstance(error, ModelUnusable)
        assert "--model" in str(error)
    for reply in (answered, answered_too):
        assert not isinstance(reply, BaseException)
        assert reply.message.text == HELLO.text
    # The second one was not even asked.
    assert [request.body["model"] for request in messages_server.requests].count("unknown") == 1


async def test_a_refused_model_may_be_asked_again_once_that_is_mended(
    messages_server: MessagesServer, clients: dict[str, RetryingClient]
) -> None:
    with pytest.raises(ModelUnusable):
        await clients["unknown"].reply(asking(), Listener())
    messages_server.default = HELLO
    with pytest.raises(ModelUnusable):
        await clients["unknown"].reply(asking(), Listener())
    clients["unknown"].reopen()
    reply = await clients["unknown"].reply(asking(), Listener())
    assert reply.message.text == HELLO.text


async def test_a_server_without_room_holds_the_requests_of_all(
    messages_server: MessagesServer, clients: dict[str, RetryingClient], patience: Patience
) -> None:
    await clients["known"].reply(asking(), Listener())
    messages_server.play(Failure(429, "rate_limit_error", "slow down", {"retry-after": "7"}))
    first = Listener()
    await clients["known"].reply(asking(), first)
    assert any(held.seconds is not None and held.seconds >= 7 for held in first.holds)
    assert sum(patience.waits) >= 7


async def test_nobody_asks_a_server_that_cannot_be_reached_again(
    messages_server: MessagesServer, clients: dict[str, RetryingClient]
) -> None:
    messages_server.close()
    for name in ("known", "unknown"):
        listener = Listener()
        with pytest.raises(ModelUnusable):
            await clients[name].reply(asking(), listener)
        assert ("sent" in listener.log) is (name == "known")


async def test_whoever_starts_anew_opens_a_gate_that_was_shut_down_to_all(
    messages_server: MessagesServer, clients: dict[str, RetryingClient]
) -> None:
    messages_server.default = Failure(500, "api_error", "out of order")
    with pytest.raises(ModelUnusable):
        await clients["known"].reply(asking(), Listener())
    messages_server.default = HELLO
    with pytest.raises(ModelUnusable):
        await clients["unknown"].reply(asking(), Listener())
    clients["known"].reopen()
    reply = await clients["unknown"].reply(asking(), Listener())
    assert reply.message.text == HELLO.text
