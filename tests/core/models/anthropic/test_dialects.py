"""Servers that speak the Messages API in their own way are understood; those that speak another are named."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import tracemalloc
from typing import Any

import pytest

from dropout_core.models import ModelError, ModelUnusable, TryAgain
from dropout_core.models.anthropic.client import AnthropicModel, TimeLimits
from dropout_core.values.conversation import TextBlock
from tests.core.api_model import HELLO, AskedModel, asking, ignore
from tests.messages_server import Answer, Behaviour, Failure, Gate, MessagesServer, Page, Raw, Stream

EVENTS = HELLO.events()
DONE = b"data: [DONE]\n\n"


def without(*kinds: str) -> list[dict[str, Any]]:
    return [event for event in EVENTS if event["type"] not in kinds]


def stopping(reason: object) -> list[dict[str, Any]]:
    """The events with another stop reason."""
    return [
        {**event, "delta": {"stop_reason": reason}} if event["type"] == "message_delta" else event
        for event in EVENTS
    ]


def as_bytes(events: list[dict[str, Any]]) -> bytes:
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


def document(**fields: Any) -> bytes:
    return json.dumps({**HELLO.message(), **fields}).encode()


class TestReadAsTheyAre:
    @pytest.mark.parametrize(
        ("dialect", "stop_reason"),
        [
            (Stream(stopping(None)), "not_given"),
            (Stream(stopping("")), "not_given"),
            (Stream(without("message_delta")), "not_given"),
            (Stream([*without("message_delta", "message_stop"), DONE]), "not_given"),
            (Stream([*EVENTS, DONE]), "end_turn"),
            (Stream([*without("message_stop"), DONE]), "end_turn"),
            (Stream([as_bytes(EVENTS).rstrip(b"\n")]), "end_turn"),
            (Stream([as_bytes(without("message_stop")).rstrip(b"\n")]), "end_turn"),
            (Stream([b"\xef\xbb\xbf" + as_bytes(EVENTS).replace(b"event: message_start\n", b"")]), "end_turn"),
            (Page(document(), "application/json"), "end_turn"),
            (Page(b"\n  " + document(), "text/plain"), "end_turn"),
            (Page(document(), "text/event-stream"), "end_turn"),
            (Page(document(stop_reason=None), "application/json"), "not_given"),
            (Page(as_bytes(EVENTS), "application/json"), "end_turn"),
            (
                Page(gzip.compress(as_bytes(EVENTS)), "text/event-stream", headers={"content-encoding": "gzip"}),
                "end_turn",
            ),
            (Page(as_bytes([{**EVENTS[0], "message": HELLO.message()}, *EVENTS[1:]]), "text/event-stream"), "end_turn"),
        ],
    )  # fmt: skip
    async def test_reply_is_understood_at_the_first_try(
        self, api_model: AskedModel, messages_server: MessagesServer, dialect: Behaviour, stop_reason: str
    ) -> None:
        messages_server.default = dialect
        pieces: list[str] = []
        reply = await api_model.reply(asking(), pieces.append)
        assert reply.message.blocks == (TextBlock(HELLO.text),)
        assert "".join(pieces) == HELLO.text
        assert reply.stop_reason == stop_reason
        assert len(messages_server.requests) == 1

    async def test_invalid_utf_8_is_read_as_far_as_possible(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        messages_server.default = Stream(
            [as_bytes(Answer("a*b", pieces=1).events()).replace(b"*", b"\xff\xfe")]
        )
        assert (await api_model.reply(asking(), ignore)).message.text == "a\ufffd\ufffdb"

    async def test_reply_ends_with_its_last_event_whatever_the_connection_does(
        self, messages_server: MessagesServer
    ) -> None:
        gate = Gate()
        messages_server.default = Stream([*EVENTS, gate])
        limits = TimeLimits(first_token=600, stall=600)
        model = AnthropicModel("claude-x", messages_server.url, time_limits=limits)
        async with asyncio.timeout(60):
            assert (await model.reply(asking(), ignore)).message.text == HELLO.text
        assert not gate.hold(lambda: True)  # nobody has opened it
        await model.close()

    @pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/messages", "/v1/messages/"])
    async def test_address_may_hold_the_path_of_the_api(
        self, messages_server: MessagesServer, path: str
    ) -> None:
        model = AnthropicModel("claude-x", messages_server.url + path)
        assert (await model.reply(asking(), ignore)).message.text == "hello"
        assert messages_server.requests[0].path == "/v1/messages"
        await model.close()

    async def test_redirect_to_the_same_server_is_followed(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        messages_server.play(Failure(307, headers={"location": "/v1/messages"}))
        assert (await api_model.reply(asking(), ignore)).message.text == "hello"


class TestNamed:
    """What no reply can be read from is said at once, in a line with what to do."""

    @pytest.mark.parametrize(
        ("behaviour", "line"),
        [
            (
                Stream([b'data: {"choices":[{"delta":{"content":"hi"}}]}\n\n', DONE]),
                "{url} speaks OpenAI's Chat Completions, not the Messages API; give --api openai, or check --base-url",
            ),
            (
                Page(b'{"object": "chat.completion", "choices": [{"message": {"content": "hi"}}]}', "application/json"),
                "{url} speaks OpenAI's Chat Completions, not the Messages API; give --api openai, or check --base-url",
            ),
            (
                Stream([b'event: response.created\ndata: {"type":"response.created","response":{}}\n\n']),
                "{url} speaks OpenAI's Responses API, not the Messages API; check --base-url",
            ),
            (
                Page(b'{"id": "resp_1", "object": "response", "output": []}', "application/json"),
                "{url} speaks OpenAI's Responses API, not the Messages API; check --base-url",
            ),
            (
                Page(b'{"candidates": [{"content": {"parts": []}}]}', "application/json"),
                "{url} speaks Google's Gemini API, not the Messages API; check --base-url",
            ),
            (
                Page(b'{"model":"m","message":{"content":"hi"},"done":false}\n', "application/x-ndjson"),
                "{url} speaks Ollama's own API, not the Messages API; check --base-url",
            ),
            (
                Page(b"{ nonsense", "application/json"),
                "no Messages API at {url} (it answers with application/json); check --base-url",
            ),
            (
                Page(b"", "application/json"),
                "no Messages API at {url} (it answers with an empty page); check --base-url",
            ),
            (
                Failure(307, headers={"location": "https://name:pass@other.example/v1/messages?secret=1"}),
                "{url} sends requests on to https://other.example, where the key is not sent; "
                "if that is right, give it with --base-url",
            ),
            (
                Failure(302, headers={"location": "/login"}),
                "{url} sends requests on to {url}/login, where the key is not sent; "
                "if that is right, give it with --base-url",
            ),
            (
                Failure(308, headers={"location": "http://[::1"}),
                "{url} sends requests on to an address that cannot be read, where the key is not sent; "
                "if that is right, give it with --base-url",
            ),
            (
                Page(b"no gzip", "text/event-stream", headers={"content-encoding": "gzip"}),
                "the reply of {url} is compressed and cannot be unpacked; check what is in front of the server",
            ),
            (
                Page(as_bytes(EVENTS), "text/event-stream", headers={"content-encoding": "lz4"}),
                "the reply of {url} is encoded as 'lz4', which cannot be read here; "
                "check what is in front of the server",
            ),
            (
                Page(b"{}", headers={"x-long": "y" * 100_000}),
                "the headers of {url}'s answer are too long; check what is in front of the server",
            ),
            (Raw(b"SSH-2.0-OpenSSH_9\r\n"), "the server at {url} does not speak HTTP; check --base-url"),
            (
                Page(b"<h1>400 The plain HTTP request was sent to HTTPS port</h1>", status=400),
                "the server at {url} speaks TLS; write {secure} with --base-url",
            ),
            (Raw(b"\x15\x03\x01\x00\x02\x02F"), "the server at {url} speaks TLS; write {secure} with --base-url"),
        ],
    )  # fmt: skip
    async def test_in_one_line_after_one_request(
        self, api_model: AskedModel, messages_server: MessagesServer, behaviour: Behaviour, line: str
    ) -> None:
        messages_server.default = behaviour
        with pytest.raises(ModelUnusable) as caught:
            await api_model.reply(asking(), ignore)
        url = messages_server.url
        assert str(caught.value) == line.format(url=url, secure=url.replace("http", "https"))
        assert len(messages_server.requests) == 1

    async def test_redirects_in_a_circle(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        messages_server.default = Failure(307, headers={"location": "/v1/messages"})
        with pytest.raises(ModelUnusable, match="redirects requests in a circle; check --base-url"):
            await api_model.reply(asking(), ignore)
        assert len(messages_server.requests) < 6

    @pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
    @pytest.mark.parametrize(
        "place",
        ["http://127.0.0.1:{port}", "http://localhost:{port}", "https://127.0.0.1:{port}", "//127.0.0.1:{port}",
         "http://name:pass@127.0.0.1:{port}", "\\\\127.0.0.1:{port}"],
    )  # fmt: skip
    async def test_nothing_is_sent_on_to_another_server(
        self, messages_server: MessagesServer, status: int, place: str
    ) -> None:
        """Neither a reply nor how long one may be is asked there: there is not even a connection."""
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            other.setblocking(False)
            location = place.format(port=other.getsockname()[1])
            moved = Failure(status, headers={"location": f"{location}/v1/messages"})
            messages_server.default, messages_server.models["claude-x"] = moved, moved
            model = AnthropicModel("claude-x", messages_server.url)
            with pytest.raises((ModelError, TryAgain)):
                await model.reply(asking(), ignore)
            assert await model.longest_reply() is None
            await model.close()
            assert len(messages_server.requests) == 1
            with pytest.raises(BlockingIOError):
                other.accept()

    async def test_page_in_the_place_of_a_later_reply_may_pass(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        await api_model.reply(asking(), ignore)
        messages_server.play(Page(b"<h1>log in</h1>"), Page(b'{"choices": []}', "application/json"))
        assert (await api_model.reply(asking(), ignore)).message.text == "hello"


class TestBounds:
    """However much a server sends, a bounded part of it is read, and the fault has its name."""

    @pytest.fixture
    def started(self) -> Any:
        tracemalloc.start()
        yield
        tracemalloc.stop()

    @pytest.mark.parametrize(
        ("head", "endless", "fault"),
        [
            (EVENTS[:2], as_bytes([EVENTS[2]]) * 500, "API reply without an end: cut off after"),
            (
                EVENTS[:1],
                as_bytes([{"type": "ping", "padding": "x" * 9000}]) * 7,
                "API reply without an end: cut off after",
            ),
            (
                [],
                b"data: " + b"x" * 60_000,
                "API reply without an end: cut off after 4.2 MB in a single event",
            ),
            ([], b"{" * 60_000, "API reply without an end: cut off after"),
        ],
        ids=["text", "pings", "line", "document"],
    )
    async def test_endless_reply(
        self,
        api_model: AskedModel,
        messages_server: MessagesServer,
        started: None,
        head: list[dict[str, Any]],
        endless: bytes,
        fault: str,
    ) -> None:
        await api_model.reply(asking(), ignore)
        start = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
        messages_server.default = Raw(start + as_bytes(head), for_ever=endless)
        tracemalloc.reset_peak()
        with pytest.raises(ModelError) as caught:
            await api_model.reply(asking(), ignore)
        assert str(caught.value).startswith(fault)
        assert len(messages_server.requests) == 2
        assert await asyncio.to_thread(messages_server.hung_up.wait, 30)
        assert tracemalloc.get_traced_memory()[1] < 100e6

    @pytest.mark.parametrize("status", [307, 400, 500])
    async def test_endless_error(
        self, api_model: AskedModel, messages_server: MessagesServer, started: None, status: int
    ) -> None:
        await api_model.reply(asking(), ignore)
        messages_server.play(Raw(b"HTTP/1.1 %d X\r\n\r\n" % status, for_ever=b"no " * 50_000))
        tracemalloc.reset_peak()
        if status == 500:
            assert (await api_model.reply(asking(), ignore)).message.text == "hello"
        else:
            with pytest.raises(ModelError, match=rf"^API refused the request \({status}: no no no"):
                await api_model.reply(asking(), ignore)
        assert await asyncio.to_thread(messages_server.hung_up.wait, 30)
        assert tracemalloc.get_traced_memory()[1] < 20e6
