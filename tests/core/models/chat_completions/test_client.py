"""The real SDK of OpenAI against a server that does as it is told: what is asked, and what is made of the reply."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from dropout_core.models import ModelUnusable, Request, Usage
from dropout_core.models.chat_completions.client import ChatModel
from dropout_core.values.conversation import (
    Message,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    block_from_json,
)
from tests.chat_server import END, MODEL, ChatAnswer, ChatServer, ToolCall, chunk, counts
from tests.core.api_model import TOOL, AskedModel, Patience, asking, ignore
from tests.messages_server import Failure, Page, Stream

CODE = {"code": "def dropout(x): ..."}


@pytest_asyncio.fixture
async def model(chat_server: ChatServer, patience: Patience) -> AsyncIterator[AskedModel]:
    made = AskedModel(ChatModel("qwen", chat_server.url), patience.clock)
    yield made
    await made.close()


async def test_streamed_reply_with_its_reasoning_and_counts(
    model: AskedModel, chat_server: ChatServer
) -> None:
    chat_server.default = ChatAnswer(
        "the answer, in pieces", reasoning="let me think", usage=counts(20, 9, thought=4, read=5)
    )
    arrived: list[str] = []
    reply = await model.reply(asking(), arrived.append)
    assert "".join(arrived) == reply.message.text == "the answer, in pieces"
    assert isinstance(thought := reply.message.blocks[0], ThinkingBlock)
    assert thought.thinking == "let me think"
    assert (reply.stop_reason, reply.model) == ("end_turn", MODEL)
    assert reply.usage == Usage(20, 9, thinking_tokens=4, cache_read_input_tokens=5)
    (request,) = chat_server.requests
    assert request.body == {
        "model": "qwen",
        "messages": [{"role": "user", "content": "Write dropout."}],
        "max_tokens": 100,
        "seed": 7,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_settings_under_the_names_of_chat_completions(
    model: AskedModel, chat_server: ChatServer
) -> None:
    fields = {
        "system": "Be brief.",
        "temperature": 0.7,
        "top_p": 0.9,
        "output_config": {"effort": "high"},
        "seed": 99,
        "chat_template_kwargs": {"enable_thinking": False},
    }
    await model.reply(Request((Message.user("hi"),), (), 50, 7, fields=fields), ignore)
    body = chat_server.requests[0].body
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (body["temperature"], body["top_p"], body["reasoning_effort"]) == (0.7, 0.9, "high")
    assert (body["seed"], body["chat_template_kwargs"]) == (99, {"enable_thinking": False})
    assert not {"system", "output_config"} & body.keys()


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_conversation_with_tools_goes_back_as_the_server_wrote_it(
    model: AskedModel, chat_server: ChatServer, field: str
) -> None:
    calls = (ToolCall("run", {"expression": "1"}, "a"), ToolCall("submit_answer", CODE, "b"))
    chat_server.default = ChatAnswer("now", reasoning="first", reasoning_field=field, calls=calls)
    reply = await model.reply(asking(tools=(TOOL,)), ignore)
    assert reply.stop_reason == "tool_use"
    assert [(call.id, call.name, call.input) for call in reply.message.tool_calls] == [
        ("a", "run", {"expression": "1"}),
        ("b", "submit_answer", CODE),
    ]
    # As it comes out of a store.
    stored = Message("assistant", tuple(block_from_json(block.to_json()) for block in reply.message.blocks))
    results = Message("user", (ToolResultBlock("a", "1"), ToolResultBlock("b", "no", is_error=True)))
    await model.reply(asking(Message.user("Write dropout."), stored, results, tools=(TOOL,)), ignore)
    first, second = (request.body for request in chat_server.requests)
    assert first["tools"] == [
        {
            "type": "function",
            "function": {
                "name": TOOL.name,
                "description": TOOL.description,
                "parameters": TOOL.input_schema,
            },
        }
    ]
    said = second["messages"][1]
    assert (said["content"], said[field]) == ("now", "first")
    assert [call["function"] for call in said["tool_calls"]] == [
        {"name": "run", "arguments": '{"expression": "1"}'},
        {"name": "submit_answer", "arguments": '{"code": "def dropout(x): ..."}'},
    ]
    assert second["messages"][2:] == [
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": "no"},
    ]


async def test_reasoning_without_a_call_stays_here(model: AskedModel, chat_server: ChatServer) -> None:
    said = Message(
        "assistant", (ThinkingBlock("hm", further={"reasoning_field": "reasoning"}), TextBlock(" "))
    )
    await model.reply(asking(Message.user("a"), said, Message.user("b")), ignore)
    assert chat_server.requests[0].body["messages"][1] == {"role": "assistant", "content": "(nothing)"}


def call_of(
    index: int | None, id_: str | None, arguments: object, name: str | None = None
) -> dict[str, object]:
    function = {"arguments": arguments, **({"name": name} if name else {})}
    return {
        "function": function,
        **({} if index is None else {"index": index}),
        **({"id": id_} if id_ else {}),
    }


@pytest.mark.parametrize(
    ("steps", "blocks", "stop_reason"),
    [
        pytest.param(
            [
                chunk({"tool_calls": [call_of(0, "a", '{"n": 1}', "run")]}),
                chunk({"tool_calls": [call_of(0, "b", '{"n": 2}', "run")]}),
                chunk({}, "stop"),
                END,
            ],
            [ToolUseBlock("a", "run", {"n": 1}), ToolUseBlock("b", "run", {"n": 2})],
            "tool_use",
            id="calls that are all number 0",
        ),
        pytest.param(
            [chunk({"tool_calls": [call_of(None, None, {"n": 1}, "run")]}), chunk({}, "tool_calls"), END],
            [ToolUseBlock("chatcmpl-test-0", "run", {"n": 1})],
            "tool_use",
            id="no number, no id, arguments as an object",
        ),
        pytest.param(
            [
                chunk(
                    {"tool_calls": [{**call_of(0, "a", "{}", "run"), "extra_content": {"signature": "s"}}]}
                ),
                chunk({}, "tool_calls"),
            ],
            [ToolUseBlock("a", "run", {}, {"extra_content": {"signature": "s"}})],
            "tool_use",
            id="what stands beside a call, and no end marker",
        ),
        pytest.param(
            [chunk({"tool_calls": [call_of(0, "a", '{"n": ', "run")]}), chunk({}, "length"), END],
            [ToolUseBlock("a", "run", {"_raw": '{"n": '})],
            "max_tokens",
            id="a call that is cut off",
        ),
        pytest.param(
            [
                chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]}),
                chunk({"content": [{"type": "text", "text": "hi"}]}),
                chunk({}, "stop"),
                END,
            ],
            [ThinkingBlock("hm"), TextBlock("hi")],
            "end_turn",
            id="content in parts",
        ),
        pytest.param(
            [chunk({"refusal": "I will not."}), chunk({}, "stop"), END],
            [TextBlock("I will not.")],
            "refusal",
            id="a refusal",
        ),
        pytest.param(
            [chunk({"content": "a"}), chunk({}, "content_filter"), END],
            [TextBlock("a")],
            "refusal",
            id="a filter",
        ),
        pytest.param(
            [chunk({"content": "a"}), chunk({}, "abort"), END], [TextBlock("a")], "abort", id="another reason"
        ),
    ],
)
async def test_what_servers_do_differently(
    model: AskedModel,
    chat_server: ChatServer,
    steps: list[dict[str, object] | bytes],
    blocks: list[object],
    stop_reason: str,
) -> None:
    chat_server.default = Stream(steps)
    reply = await model.reply(asking(), ignore)
    assert list(reply.message.blocks) == blocks
    assert reply.stop_reason == stop_reason
    assert reply.usage.estimated


async def test_reply_that_comes_as_one_document(model: AskedModel, chat_server: ChatServer) -> None:
    whole = ChatAnswer("hi", reasoning="hm", calls=[ToolCall("run", {"n": 1})], usage=counts(3, 4))
    chat_server.default = Page(json.dumps(whole.message()).encode(), "application/json")
    reply = await model.reply(asking(), ignore)
    assert reply.message.text == "hi"
    assert [call.input for call in reply.message.tool_calls] == [{"n": 1}]
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (3, 4)


@pytest.mark.parametrize(
    ("said", "was", "becomes"),
    [
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model."
            " Use 'max_completion_tokens' instead.",
            "max_tokens",
            "max_completion_tokens",
        ),
        ("Unrecognized request argument supplied: stream_options", "stream_options", None),
        ("seed: Extra inputs are not permitted", "seed", None),
    ],
)
async def test_field_that_a_server_does_not_take_is_left_out_from_then_on(
    model: AskedModel, chat_server: ChatServer, said: str, was: str, becomes: str | None
) -> None:
    chat_server.play(Failure(400, "invalid_request_error", said))
    for _ in range(2):
        await model.reply(asking(), ignore)
    first, *later = (request.body for request in chat_server.requests)
    assert was in first
    assert len(later) == 2
    for body in later:
        assert was not in body
        assert becomes is None or body[becomes] == first[was]


@pytest.mark.parametrize(
    ("listed", "limit"),
    [
        ({"max_model_len": 8192}, 4096),
        ({"top_provider": {"max_completion_tokens": 3000}, "context_length": 9000}, 3000),
        ({"max_model_len": None, "meta": {"n_ctx_train": 512}}, None),
    ],
)
async def test_longest_reply_as_servers_list_it(
    chat_server: ChatServer, listed: dict[str, object], limit: int | None
) -> None:
    chat_server.models = {"another": {"max_model_len": 10}, "org/qwen": listed}
    model = ChatModel("org/qwen", chat_server.url)
    assert await model.longest_reply() == limit
    await model.close()


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
async def test_address_in_any_form_with_the_key_that_is_set(
    chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-openai")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key-of-another")
    monkeypatch.setenv("OPENAI_BASE_URL", chat_server.url + path)
    model = ChatModel("qwen")
    assert (await model.reply(asking(), ignore)).message.text == "hello"
    await model.close()
    (request,) = chat_server.requests
    assert request.headers["authorization"] == "Bearer key-of-openai"
    assert "key-of-another" not in str(request.headers)


def test_key_is_wanted_only_where_it_is_known_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("http://127.0.0.1:9", "https://gpu.example/v1"):
        ChatModel("qwen", url).preflight()
    with pytest.raises(ModelUnusable, match="no API key: set OPENAI_API_KEY"):
        ChatModel("gpt").preflight()
    with pytest.raises(ModelUnusable, match="check --base-url and OPENAI_BASE_URL"):
        ChatModel("gpt", "ftp://x").preflight()
