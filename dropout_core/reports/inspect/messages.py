"""Turns of a conversation as messages of Inspect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dropout_core.values.conversation import (
    Block,
    Message,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)


def messages_of(turns: tuple[Message, ...], model: str, prefix: str) -> Iterator[dict[str, Any]]:
    """Turns in Inspect's form: a tool result is a turn of its own."""
    calls: dict[str, str] = {}
    for position, turn in enumerate(turns, 1):
        calls |= {call.id: call.name for call in turn.tool_calls}
        results = [block for block in turn.blocks if isinstance(block, ToolResultBlock)]
        for index, result in enumerate(results):
            yield _tool_turn(result, calls.get(result.tool_use_id, ""), f"{prefix}-{position}-{index}")
        content = [
            _content(block) for block in turn.blocks if not isinstance(block, ToolResultBlock | ToolUseBlock)
        ]
        if turn.role == "assistant":
            yield _assistant_turn(turn, content, model, f"{prefix}-{position}")
        elif content or not results:
            yield {"id": f"{prefix}-{position}", "content": content, "role": "user"}


def _tool_turn(result: ToolResultBlock, function: str, id_: str) -> dict[str, Any]:
    value: dict[str, Any] = {
        "id": id_,
        "content": result.content,
        "role": "tool",
        "tool_call_id": result.tool_use_id,
        "function": function,
    }
    if result.is_error:
        value["error"] = {"type": "unknown", "message": result.content}
    return value


def _assistant_turn(turn: Message, content: list[dict[str, Any]], model: str, id_: str) -> dict[str, Any]:
    value: dict[str, Any] = {"id": id_, "content": content, "source": "generate", "role": "assistant"}
    if turn.tool_calls:
        value["tool_calls"] = [
            {"id": call.id, "function": call.name, "arguments": dict(call.input), "type": "function"}
            for call in turn.tool_calls
        ]
    value["model"] = model
    return value


def _content(block: Block) -> dict[str, Any]:
    match block:
        case TextBlock(text=text):
            return {"type": "text", "text": text}
        case ThinkingBlock(thinking=thinking, signature=signature):
            return {"type": "reasoning", "reasoning": thinking, "signature": signature or None}
        case other:
            return {"type": "text", "text": json.dumps(other.to_json())}
