"""Request body for Chat Completions, from a conversation in the form of the Messages API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dropout_core.models import Request
from dropout_core.models.sendable_text import NOTHING_WRITTEN, encodable
from dropout_core.values.conversation import (
    Message,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)

REASONING_FIELD = "reasoning_field"
"""Key of a thinking block under which stands the field that the server wrote it in."""
MOST_SEED = 2**31
"""Seeds are below it: some servers keep 32 bits, with a sign."""
OPTIONAL_FIELDS = ("seed", "stream_options")
"""Fields that are sent unasked, and left out for a server that does not take them."""


def chat_body(
    model: str, request: Request, *, limit_field: str = "max_tokens", left_out: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The JSON object to send, without ``stream``. Every string in it can be encoded as UTF-8.

    Args:
        model: the model's name, as the server knows it.
        request: the request.
        limit_field: what the server calls the limit of a reply.
        left_out: which of `OPTIONAL_FIELDS` it does not take.
    """
    fields = dict(request.fields)
    system = fields.pop("system", None)
    body: dict[str, Any] = {
        "model": model,
        "messages": [
            *([{"role": "system", "content": system}] if system is not None else []),
            *(turn for message in request.messages for turn in _turns(message)),
        ],
        limit_field: request.max_tokens,
        "seed": request.seed % MOST_SEED,
        "stream_options": {"include_usage": True},
    }
    for field in left_out:
        body.pop(field, None)
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.input_schema,
                },
            }
            for tool in request.tools
        ]
    sendable: dict[str, Any] = encodable(body | _named_here(fields))
    return sendable


def _named_here(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of the Messages API as Chat Completions names them; further ones of the user's stay as they are."""
    named = dict(fields)
    match named.pop("output_config", None):
        case {"effort": effort}:
            named = {"reasoning_effort": effort, **named}
    return named


def _turns(message: Message) -> Iterator[dict[str, Any]]:
    """The messages that one turn becomes: each result of a tool is one of its own."""
    if message.role == "assistant":
        yield _said(message)
        return
    results = [block for block in message.blocks if isinstance(block, ToolResultBlock)]
    for result in results:
        yield {"role": "tool", "tool_call_id": result.tool_use_id, "content": result.content}
    if not results or message.text.strip():
        yield {"role": "user", "content": message.text or NOTHING_WRITTEN}


def _said(message: Message) -> dict[str, Any]:
    """A turn of the model. Its reasoning goes back only beside calls of tools, where some servers insist on it."""
    calls = [_call(block) for block in message.blocks if isinstance(block, ToolUseBlock)]
    text = "".join(block.text for block in message.blocks if isinstance(block, TextBlock))
    if not calls:
        return {"role": "assistant", "content": text if text.strip() else NOTHING_WRITTEN}
    reasoning = {
        field: block.thinking
        for block in message.blocks
        if isinstance(block, ThinkingBlock) and isinstance(field := block.further.get(REASONING_FIELD), str)
    }
    content = text if text.strip() else None
    return {"role": "assistant", "content": content, **reasoning, "tool_calls": calls}


def _call(block: ToolUseBlock) -> dict[str, Any]:
    """A call of a tool. What the server wrote beside it goes back too."""
    function = {"name": block.name, "arguments": json.dumps(dict(block.input))}
    return {**block.further, "id": block.id, "type": "function", "function": function}
