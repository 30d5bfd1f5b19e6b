"""Conversation: messages and their blocks, to and from the Messages API's JSON form.

The same form goes over the wire and into the store, so a stored conversation can be sent again as it was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dropout_core.values.stored.value import Unreadable, anything

Role = Literal["user", "assistant"]
JSON = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Text by either side."""

    text: str
    further: JSON = field(default_factory=dict, hash=False)
    """Fields that this program does not use; they are sent back unchanged."""

    def to_json(self) -> dict[str, Any]:
        """The block as the Messages API writes it."""
        return {"type": "text", "text": self.text, **self.further}


@dataclass(frozen=True, slots=True)
class ThinkingBlock:
    """Thinking of the model before its answer. It must be sent back unchanged in a tool loop."""

    thinking: str
    """Empty where the server does not show it."""
    signature: str | None = None
    """The server's signature; ``None`` where it has none."""
    further: JSON = field(default_factory=dict, hash=False)
    """As in `TextBlock`."""

    @property
    def shown(self) -> str:
        """The thinking, as shown to people."""
        return self.thinking or "(thought out of sight)"

    def to_json(self) -> dict[str, Any]:
        """The block as the Messages API writes it."""
        sealed = {} if self.signature is None else {"signature": self.signature}
        return {"type": "thinking", "thinking": self.thinking, **sealed, **self.further}


@dataclass(frozen=True, slots=True)
class ToolUseBlock:
    """Tool call by the model."""

    id: str
    name: str
    input: JSON
    further: JSON = field(default_factory=dict, hash=False)
    """As in `TextBlock`."""

    def to_json(self) -> dict[str, Any]:
        """The block as the Messages API writes it."""
        return {
            "type": "tool_use", "id": self.id, "name": self.name, "input": dict(self.input), **self.further
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ToolResultBlock:
    """Result of a tool call."""

    tool_use_id: str
    content: str
    is_error: bool = False

    def to_json(self) -> dict[str, Any]:
        """The block as the Messages API writes it."""
        return {
            "type": "tool_result",
            "tool_use_id": self.tool_use_id,
            "content": self.content,
            "is_error": self.is_error,
        }


@dataclass(frozen=True, slots=True)
class OtherBlock:
    """A kind of block that this program does not know: sent back unchanged."""

    raw: JSON

    def to_json(self) -> dict[str, Any]:
        """The unchanged block."""
        return dict(self.raw)


Block = TextBlock | ThinkingBlock | ToolUseBlock | ToolResultBlock | OtherBlock


def block_from_json(value: JSON) -> Block:
    """Read one block. A block of an unknown type, or one that lacks its fields, becomes an `OtherBlock`."""
    match value:
        case {"type": "text", "text": str(text), **further}:
            return TextBlock(text, further)
        case {"type": "thinking", "thinking": str(thinking), "signature": str(signature), **further}:
            return ThinkingBlock(thinking, signature, further)
        case {"type": "thinking", "thinking": str(thinking), **further}:
            return ThinkingBlock(thinking, further=further)
        case {
            "type": "tool_use",
            "id": str(id_),
            "name": str(name),
            "input": Mapping() as arguments,
            **further,
        }:
            return ToolUseBlock(id_, name, arguments, further)
        case {"type": "tool_result", "tool_use_id": str(id_), "content": str(content)}:
            return ToolResultBlock(id_, content, bool(value.get("is_error", False)))
        case _:
            return OtherBlock(value)


def _substance(block: ThinkingBlock | ToolUseBlock | ToolResultBlock) -> object:
    match block:
        case ThinkingBlock(thinking=text):
            return text
        case ToolUseBlock(name=name, input=arguments):
            return [name, dict(arguments)]
        case _:
            return block.content


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation."""

    role: Role
    blocks: tuple[Block, ...]

    @classmethod
    def user(cls, text: str) -> Message:
        """A user turn of one text block."""
        return cls("user", (TextBlock(text),))

    @property
    def text(self) -> str:
        """The text blocks, joined by a blank line; thinking and tool blocks are left out."""
        return "\n\n".join(block.text for block in self.blocks if isinstance(block, TextBlock))

    @property
    def digest(self) -> str:
        """Equal for turns with the same content; ids and signatures, which servers make up anew, are ignored."""
        said = [
            block.to_json() if isinstance(block, TextBlock | OtherBlock) else _substance(block)
            for block in self.blocks
        ]
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:16]

    @property
    def tool_calls(self) -> tuple[ToolUseBlock, ...]:
        """The tools this turn calls, in order."""
        return tuple(block for block in self.blocks if isinstance(block, ToolUseBlock))

    def to_json(self) -> dict[str, Any]:
        """The message as the Messages API writes it."""
        return {"role": self.role, "content": [block.to_json() for block in self.blocks]}

    @classmethod
    def from_json(cls, value: JSON) -> Message:
        """The inverse of `to_json`; content may also be a bare string, as the API allows."""
        match anything(value):
            case {"role": "user" | "assistant" as role, "content": str(content)}:
                return cls(role, (TextBlock(content),))
            case {"role": "user" | "assistant" as role, "content": list(blocks)} if all(
                isinstance(block, dict) for block in blocks
            ):
                return cls(role, tuple(map(block_from_json, blocks)))
            case _:
                raise Unreadable("it is no turn of a conversation")

    @classmethod
    def unreadable(cls, why: str) -> Message:
        """Placeholder for a stored turn that cannot be read."""
        return cls("user", (OtherBlock({"type": "unreadable", "why": f"this turn cannot be read: {why}"}),))


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool the model may call; `input_schema` is JSON Schema."""

    name: str
    description: str
    input_schema: JSON
