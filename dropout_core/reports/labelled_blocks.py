"""The blocks of a conversation as text, each under a label that says who does what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dropout_core.values.conversation import (
    JSON,
    Block,
    Message,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)


@dataclass(frozen=True, slots=True)
class LabelledBlock:
    """One block. Both texts are as they were written: untrusted."""

    label: str
    """``assistant``, ``assistant calls submit_answer``, ``tool result`` …"""
    text: str


def labelled_blocks(turn: Message, written: Callable[[object], str] = json.dumps) -> Iterator[LabelledBlock]:
    """The blocks of a turn; `written` makes a text of what is JSON."""
    for block in turn.blocks:
        yield _labelled(turn.role, block, written)


def _labelled(role: str, block: Block, written: Callable[[object], str]) -> LabelledBlock:
    match block:
        case TextBlock(text=text):
            return LabelledBlock(role, text)
        case ThinkingBlock(shown=thinking):
            return LabelledBlock(f"{role}, thinking", thinking)
        case ToolUseBlock(name=name, input=arguments):
            return LabelledBlock(f"{role} calls {name}", _arguments(arguments, written))
        case ToolResultBlock(content=content, is_error=is_error):
            return LabelledBlock("tool error" if is_error else "tool result", content)
        case other:
            return LabelledBlock(role, written(other.to_json()))


def _arguments(arguments: JSON, written: Callable[[object], str]) -> str:
    """The arguments of a call; a text that is the only one stands for itself."""
    match list(arguments.values()):
        case [str(only)]:
            return only
        case _:
            return written(dict(arguments))
