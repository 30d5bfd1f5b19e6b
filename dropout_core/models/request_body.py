"""A request as the Messages API wants it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dropout_core.conversation import Block, Message, TextBlock
from dropout_core.models import Request


def request_body(model: str, request: Request) -> dict[str, Any]:
    """The JSON object to send, without ``stream``. Every string in it can be encoded as UTF-8."""
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": request.max_tokens,
        "messages": [_message(message) for message in request.messages],
    }
    if request.tools:
        body["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
            for tool in request.tools
        ]
    body |= request.fields
    sendable: dict[str, Any] = _encodable(body)
    return sendable


def _message(message: Message) -> dict[str, Any]:
    """The message without blank text blocks, which models write beside a tool call and the API refuses."""
    spoken = tuple(block for block in message.blocks if not _is_blank(block))
    return Message(message.role, spoken or message.blocks).to_json()


def _is_blank(block: Block) -> bool:
    return isinstance(block, TextBlock) and not block.text.strip()


def _encodable(value: Any) -> Any:
    """`value` with halves of surrogate pairs, which models write and UTF-8 cannot carry, joined or replaced."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return value
    if isinstance(value, Mapping):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encodable(item) for item in value]
    return value
