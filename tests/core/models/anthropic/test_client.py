"""Replies of the real SDK over real HTTP, from a server that does as it is told."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import warnings
from dataclasses import replace
from typing import Any

import pytest

from dropout_core.models import ModelUnusable, Usage
from dropout_core.models.anthropic.client import AnthropicModel
from dropout_core.models.retry.gate import Clock
from dropout_core.values.conversation import (
    Block,
    Message,
    OtherBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from tests.core.api_model import HELLO, KEY, TOOL, AskedModel, asking, ignore
from tests.messages_server import (
    MODEL,
    Answer,
    Behaviour,
    Failure,
    Gate,
    MessagesServer,
    Received,
    Stream,
    refusal,
    thinking,
    tool_use,
    usage,
)


class TestReplies:
    async def test_text_arrives_before_the_reply_is_complete(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        gate = Gate()
        events = HELLO.events()
        messages_server.play(Stream([*events[:4], gate, *events[4:]]))
        pieces: list[str] = []
        sent = "".join(event["delta"]["text"] for event in events[2:4])
        came = asyncio.Event()

        def on_text(piece: str) -> None:
            pieces.append(piece)
            if "".join(pieces) == sent:
                came.set()

        answering = asyncio.create_task(api_model.reply(asking(), on_text))
        async with asyncio.timeout(100):
            await came.wait()
        assert not answering.done()
        gate.open()
        reply = await answering

        assert len(pieces) > 1
        assert reply.message == Message("assistant", (TextBlock("".join(pieces)),))
        assert reply.message.text == HELLO.text
        assert reply.stop_reason == "end_turn"
        assert reply.usage == Usage(12, 34)
        assert reply.model == MODEL

    async def test_a_socks_proxy_is_not_taken_for_one_of_http(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever has one is told what to install, as the default client of the SDK does it."""
        monkeypatch.setenv("HTTP_PROXY", "socks5://127.0.0.1:9")
        monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:9")
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
        with pytest.raises(ModelUnusable, match="SOCKS"):
            await AnthropicModel(MODEL, "http://api.example").reply(asking(), ignore)

    async def test_request_is_what_the_api_expects(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        await api_model.reply(asking(tools=(TOOL,)), ignore)
        (received,) = messages_server.requests
        assert received.body == {
            "model": "claude-x",
            "max_tokens": 100,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "Write dropout."}]}],
            "tools": [
                {"name": TOOL.name, "description": TOOL.description, "input_schema": TOOL.input_schema}
            ],
            "stream": True,
        }
        assert KEY in " ".join(received.headers.values())

    async def test_no_tools_no_tools_field(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        await api_model.reply(asking(), ignore)
        assert "tools" not in messages_server.requests[0].body

    async def test_tool_loop_sends_back_what_came(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        redacted = {"type": "redacted_thinking", "data": "c2VjcmV0"}
        blocks = (thinking("Let me see."), redacted, tool_use("submit_answer", {"code": "é\n" * 20}))
        messages_server.play(Answer("Done:", blocks, stop_reason="tool_use"))
        question = Message.user("Write dropout.")
        first = await api_model.reply(asking(question, tools=(TOOL,)), ignore)

        assert first.stop_reason == "tool_use"
        assert first.message.blocks == (
            ThinkingBlock("Let me see.", "c2lnbmVk"),
            OtherBlock(redacted),
            ToolUseBlock("toolu_1", "submit_answer", {"code": "é\n" * 20}),
            TextBlock("Done:"),
        )
        result = Message("user", (ToolResultBlock("toolu_1", "thanks"),))
        await api_model.reply(asking(question, first.message, result, tools=(TOOL,)), ignore)
        assert messages_server.requests[1].body["messages"] == [
            question.to_json(),
            {"role": "assistant", "content": [*blocks, {"type": "text", "text": "Done:"}]},
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_1", "content": "thanks", "is_error": False}
                ],
            },
        ]

    @pytest.mark.parametrize(
        "block",
        [
            thinking("", "c2VhbA=="),  # thought out of sight
            {"type": "thinking", "thinking": "hm"},  # by a server that seals nothing
            {**thinking("hm"), "estimated_tokens": 12},
            {"type": "redacted_thinking", "data": "c2VjcmV0", "more": [1]},
            {**tool_use("f", {"a": 1.5}), "caller": {"type": "direct"}},
            {"type": "text", "text": "So,", "citations": None},
        ],
        ids=lambda block: "-".join(block),
    )
    async def test_a_block_goes_back_as_it_came(
        self, api_model: AskedModel, messages_server: MessagesServer, block: dict[str, Any]
    ) -> None:
        messages_server.play(Answer("Done.", (block,)))
        first = await api_model.reply(asking(), ignore)
        stored = Message.from_json(json.loads(json.dumps(first.message.to_json())))
        await api_model.reply(asking(Message.user("go"), stored), ignore)
        assert messages_server.requests[1].body["messages"][1]["content"] == [
            block,
            {"type": "text", "text": "Done."},
        ]

    async def test_what_the_user_has_set_goes_out_with_the_request(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        fields = {"temperature": 0.5, "thinking": {"type": "adaptive"}, "hologram": {"depth": [1, 2]}}
        await api_model.reply(replace(asking(), fields=fields), ignore)
        body = messages_server.requests[0].body
        assert {name: body[name] for name in fields} == fields

    @pytest.mark.parametrize(
        ("info", "limit"),
        [({"max_tokens": 64000}, 64000), ({"max_tokens": True}, None), ({"max_tokens": 0}, None), ([], None)],
    )
    async def test_the_server_reports_the_longest_reply(
        self, messages_server: MessagesServer, info: Any, limit: int | None
    ) -> None:
        messages_server.models["org/my model"] = info
        model = AnthropicModel("org/my model", messages_server.url)
        assert await model.longest_reply() == limit
        await model.close()

    async def test_an_unreachable_server_reports_no_longest_reply(self) -> None:
        model = AnthropicModel("m", "http://127.0.0.1:9")
        assert await model.longest_reply() is None
        await model.close()

    async def test_thinking_is_not_passed_on_as_text(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        messages_server.play(Answer("yes", (thinking("hm, no"),)))
        pieces: list[str] = []
        await api_model.reply(asking(), pieces.append)
        assert "".join(pieces) == "yes"

    @pytest.mark.parametrize(
        "arguments", ['{"code": "x', "[1, 2]", "1" * 5000, "[" * 100_000], ids=lambda a: a[:9]
    )
    async def test_tool_input_other_than_an_object_is_kept_raw(
        self, api_model: AskedModel, messages_server: MessagesServer, arguments: str
    ) -> None:
        blocks = (tool_use("submit_answer", {}),)
        events = Answer(blocks=blocks, stop_reason="tool_use", pieces=1).events()
        events[2]["delta"]["partial_json"] = arguments
        messages_server.play(Stream(events))
        reply = await api_model.reply(asking(tools=(TOOL,)), ignore)
        assert reply.message.blocks == (ToolUseBlock("toolu_1", "submit_answer", {"_raw": arguments}),)

    @pytest.mark.parametrize(
        "reason",
        ["end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal", "pause_turn", "not_known_today"],
    )
    async def test_every_stop_reason_comes_through(
        self, api_model: AskedModel, messages_server: MessagesServer, reason: str
    ) -> None:
        messages_server.play(Answer("hi", stop_reason=reason))
        assert (await api_model.reply(asking(), ignore)).stop_reason == reason

    @pytest.mark.parametrize(
        ("details", "category", "explanation"),
        [
            (refusal("frontier_llm", "Two\n lines."), "frontier_llm", "Two lines."),
            (refusal("bio"), "bio", None),
            (refusal("not_known_today", "why"), "not_known_today", "why"),
            (refusal(None, None), None, None),
            ({"type": "refusal"}, None, None),
            ({"category": 3, "explanation": ["no", "words"]}, None, None),
            (None, None, None),
        ],
    )  # fmt: skip
    async def test_the_explanation_of_a_refusal_is_kept(
        self,
        api_model: AskedModel,
        messages_server: MessagesServer,
        details: dict[str, Any] | None,
        category: str | None,
        explanation: str | None,
    ) -> None:
        messages_server.play(Answer("I cannot", stop_reason="refusal", stop_details=details))
        reply = await api_model.reply(asking(), ignore)
        assert reply.stop_reason == "refusal"
        assert (reply.refusal_category, reply.refusal_explanation) == (category, explanation)

    async def test_cached_input_counts_as_input(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        messages_server.play(Answer("hi", usage=usage(1, 5, read=20, written=300)))
        reply = await api_model.reply(asking(), ignore)
        assert reply.usage == Usage(321, 5, cache_read_input_tokens=20, cache_creation_input_tokens=300)

    async def test_thinking_counts_as_output(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        messages_server.play(Answer("hi", (thinking(""),), usage=usage(10, 500, thought=480)))
        reply = await api_model.reply(asking(), ignore)
        assert reply.usage == Usage(10, 500, thinking_tokens=480)

    @pytest.mark.parametrize("details", [None, 7, {}, {"thinking_tokens": None}, {"thinking_tokens": "many"}])
    async def test_a_server_need_not_say_how_much_was_thought(
        self, api_model: AskedModel, messages_server: MessagesServer, details: object
    ) -> None:
        counts = {"input_tokens": 1, "output_tokens": 5, "output_tokens_details": details}
        messages_server.play(Answer("hi", usage=counts))
        assert (await api_model.reply(asking(), ignore)).usage == Usage(1, 5)

    async def test_what_is_not_known_today_passes(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        block = {"type": "hologram", "pixels": [1, 2]}
        events = Answer("hi", (block,)).events()
        novelties: list[dict[str, Any] | bytes] = [
            {"type": "weather", "rain": True},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "hologram_delta", "more": 3}},
            {"type": "content_block_delta", "index": 1, "delta": None},
            b"event: ping\ndata: {}\n\n",
            b": a comment\n\n",
            b'data: ["no object"]\n\n',
        ]
        messages_server.play(Stream([events[0], *novelties, *events[1:]]))
        reply = await api_model.reply(asking(), ignore)
        assert reply.message.blocks == (OtherBlock(block), TextBlock("hi"))
        assert len(messages_server.requests) == 1

    async def test_missing_message_start_is_borne(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        messages_server.play(Stream(HELLO.events()[1:]))
        reply = await api_model.reply(asking(), ignore)
        assert reply.message.text == HELLO.text
        assert reply.model == "claude-x"
        assert reply.usage.output_tokens == 34
        assert reply.usage.estimated  # what went in

    async def test_halves_of_surrogate_pairs_come_in_and_go_out(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        messages_server.play(Answer("a\ud83d b", (tool_use("f", {"\udc00": "\udc01"}),)))
        reply = await api_model.reply(asking(), ignore)
        assert reply.message.text == "a\ud83d b"
        await api_model.reply(asking(Message.user("smile \ud83d\ude00"), reply.message), ignore)
        sent = messages_server.requests[1].body["messages"]
        assert sent[0]["content"][0]["text"] == "smile \U0001f600"
        assert sent[1]["content"] == [
            tool_use("f", {"\N{REPLACEMENT CHARACTER}": "\N{REPLACEMENT CHARACTER}"}),
            {"type": "text", "text": "a\N{REPLACEMENT CHARACTER} b"},
        ]

    async def test_turn_goes_back_exactly_as_it_came(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        blocks: list[dict[str, Any]] = [
            {"type": "thinking", "thinking": "", "signature": "c2ln", "binding": {"a": [1]}},
            {"type": "redacted_thinking", "data": "eA=="},
            {"type": "text", "text": " \n"},
            {"type": "text", "text": "so", "citations": [{"type": "page", "cited_text": "x"}], "extra": None},
            {"type": "hologram", "pixels": [1, {"a": 1.5}]},
            {**tool_use("f", {"z": 1.0, "a": 10**20, "n": None}), "caller": {"type": "direct"}},
        ]  # fmt: skip
        events = Answer(blocks=[{**blocks[3], "citations": None}], stop_reason="tool_use").events()
        cited = {"type": "citations_delta", "citation": {"type": "page", "cited_text": "x"}}
        events.insert(2, {"type": "content_block_delta", "index": 0, "delta": cited})
        messages_server.play(Answer(blocks=blocks, stop_reason="tool_use"), HELLO, Stream(events), HELLO)
        question = Message.user("go")
        for expected in (blocks, [blocks[3]]):
            reply = await api_model.reply(asking(question), ignore)
            stored = Message.from_json(json.loads(json.dumps(reply.message.to_json())))
            await api_model.reply(asking(question, stored, Message.user("on")), ignore)
            assert messages_server.requests[-1].body["messages"][1]["content"] == expected

    async def test_server_that_takes_no_blank_text_back_is_not_given_any(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        def strict(request: Received) -> Behaviour:
            blocks = [block for message in request.body["messages"] for block in message["content"]]
            if any(block["type"] == "text" and not block["text"].strip() for block in blocks):
                words = "messages: text content blocks must contain non-whitespace text"
                return Failure(400, "invalid_request_error", words)
            return HELLO

        messages_server.default = strict
        assistant = Message("assistant", (TextBlock(" \n"), ToolUseBlock("toolu_1", "f", {})))
        for _ in range(3):
            await api_model.reply(asking(Message.user("go"), assistant), ignore)
        assert messages_server.requests[-1].body["messages"][1]["content"] == [tool_use("f", {})]
        assert len(messages_server.requests) == 1 + 3

    @pytest.mark.parametrize(
        "blocks",
        [
            (),
            (TextBlock(""),),
            (TextBlock("\n\n"), TextBlock(" ")),
            (ThinkingBlock("hm"),),
            (ThinkingBlock("hm", ""),),
            (TextBlock(" "), ThinkingBlock("hm")),
        ],
    )
    async def test_turn_that_was_cut_off_before_anything_came_is_never_sent_back_empty(
        self, api_model: AskedModel, messages_server: MessagesServer, blocks: tuple[Block, ...]
    ) -> None:
        await api_model.reply(
            asking(Message.user("go"), Message("assistant", blocks), Message.user("on")), ignore
        )
        (block,) = messages_server.requests[0].body["messages"][1]["content"]
        assert block["type"] == "text"
        assert block["text"].strip()

    async def test_twenty_at_once_over_one_client(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        all_there = threading.Barrier(20)  # nobody is answered before all twenty have asked

        def echo(request: Received) -> Behaviour:
            all_there.wait(60)
            return Answer(request.body["messages"][0]["content"][0]["text"])

        messages_server.default = echo
        requests = [asking(Message.user(f"number {n}")) for n in range(20)]
        replies = await asyncio.gather(*(api_model.reply(request, ignore) for request in requests))
        assert [reply.message.text for reply in replies] == [f"number {n}" for n in range(20)]


class TestCancelling:
    async def test_cancelled_mid_stream_hangs_up(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        gate = Gate()
        messages_server.play(Stream([*HELLO.events()[:4], gate]))
        answering = asyncio.create_task(api_model.reply(asking(), ignore))
        assert await asyncio.to_thread(gate.reached.wait, 30)
        answering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await answering
        assert await asyncio.to_thread(messages_server.hung_up.wait, 30)
        assert len(messages_server.requests) == 1
        assert (await api_model.reply(asking(), ignore)).message.text == "hello"

    async def test_cancelled_while_waiting_to_try_again(self, messages_server: MessagesServer) -> None:
        waiting = asyncio.Event()

        async def forever(seconds: float) -> None:
            waiting.set()
            await asyncio.Event().wait()

        messages_server.default = Failure(529)
        model = AskedModel(AnthropicModel("claude-x", messages_server.url), Clock(sleep=forever))
        answering = asyncio.create_task(model.reply(asking(), ignore))
        await waiting.wait()
        answering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await answering
        assert len(messages_server.requests) == 1
        await model.close()

    async def test_cancelling_the_first_does_not_harm_the_second(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        """Both wait for the client that the first one has begun to make."""
        first = asyncio.create_task(api_model.reply(asking(), ignore))
        second = asyncio.create_task(api_model.reply(asking(), ignore))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).message.text == "hello"
        assert first.cancelled()

    async def test_error_of_the_listener_is_not_taken_for_the_servers(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        def broken(text: str) -> None:
            raise ValueError("my own mistake")

        with pytest.raises(ValueError, match="my own mistake"):
            await api_model.reply(asking(), broken)
        assert len(messages_server.requests) == 1


async def test_deprecated_model_is_no_noise(messages_server: MessagesServer) -> None:
    from anthropic.resources.messages import DEPRECATED_MODELS

    model = AnthropicModel(next(iter(DEPRECATED_MODELS)), messages_server.url)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        await model.reply(asking(), ignore)
    await model.close()
    assert [str(warning.message) for warning in caught if "deprecated" in str(warning.message)] == []


def in_a_fresh_process(program: str) -> Any:
    """What `program` prints, read as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout)


def test_importing_the_module_does_not_import_the_sdk() -> None:
    loaded = in_a_fresh_process(
        "import json, sys, dropout_core.models.anthropic.client as a\n"
        "a.AnthropicModel('x', 'http://127.0.0.1:9').preflight(); a.key_configured()\n"
        "print(json.dumps(sorted({'aiohttp', 'anthropic', 'httpx2', 'pydantic'} & set(sys.modules))))"
    )
    assert loaded == []


@pytest.mark.long_run
def test_an_evaluation_opens_the_client_before_its_first_attempt_and_out_of_the_collectors_sight() -> None:
    program = """
import asyncio, gc, json, sys, tempfile
from pathlib import Path
from dropout_core.values.config import EvaluationConfig
from dropout_core.running.session import Session, model_for
from dropout_core.storage.store import Store

async def opened(folder):
    store = Store(Path(folder) / "store.sqlite3")
    config = EvaluationConfig(model="m", prompt_text="", seed=1, base_url="http://127.0.0.1:9")
    session = Session.new(store, config, model_for(config), allow_weak_sandbox=True)
    before = "anthropic" in sys.modules
    async with session:
        print(json.dumps([before, "anthropic" in sys.modules, gc.isenabled(), gc.get_freeze_count()]))
    store.close()

with tempfile.TemporaryDirectory() as folder:
    asyncio.run(opened(folder))
"""
    *seen, frozen = in_a_fresh_process(program)
    assert seen == [False, True, True]
    assert frozen > 50_000


async def test_problems_while_opening_are_reported_by_the_first_request() -> None:
    model = AnthropicModel("m", "http://127.0.0.1:99999")
    await model.open()
    with pytest.raises(ModelUnusable):
        await model.reply(asking(), ignore)
    await model.close()
