"""Request body for the Messages API."""

from __future__ import annotations

from typing import Any

from dropout_core.models import Request
from dropout_core.models.sendable_text import NOTHING_WRITTEN, encodable
from dropout_core.values.conversation import Block, Message, TextBlock, ThinkingBlock


def request_body(model: str, request: Request, *, blanks: bool = True) -> dict[str, Any]:
    """The JSON object to send, without ``stream``. Every string in it can be encoded as UTF-8.

    Without `blanks`, texts of nothing but spaces are left out: models write them beside a tool call, and some servers
    reject them.
    """
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": request.max_tokens,
        "messages": [_message(message, blanks=blanks) for message in request.messages],
    }
    if request.tools:
        body["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
            for tool in request.tools
        ]
    body |= request.fields
    sendable: dict[str, Any] = encodable(body)
    return sendable


def _message(message: Message, *, blanks: bool) -> dict[str, Any]:
    """The message without the parts that servers do not accept."""
    blocks = message.blocks
    if blocks and _is_unsealed(blocks[-1]):
        blocks = blocks[:-1]  # cut off while the model thought
    kept = tuple(block for block in blocks if not _is_blank(block) or (blanks and not _is_empty(block)))
    if not any(not _is_blank(block) for block in kept):
        # The turn must stay: those of the user are the answers to it.
        kept = (*(block for block in kept if not _is_blank(block)), TextBlock(NOTHING_WRITTEN))
    return Message(message.role, kept).to_json()


def _is_unsealed(block: Block) -> bool:
    return isinstance(block, ThinkingBlock) and not block.signature


def _is_blank(block: Block) -> bool:
    return isinstance(block, TextBlock) and not block.text.strip()


def _is_empty(block: Block) -> bool:
    return isinstance(block, TextBlock) and not block.text
