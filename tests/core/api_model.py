"""Asking a model behind the Messages API, as its tests do."""

from __future__ import annotations

import asyncio

from dropout_core.conversation import Message, Tool
from dropout_core.models import Request
from tests.messages_server import Answer

KEY = "sk-ant-test-0123456789"
TOOL = Tool(
    "submit_answer", "Hand in the code.", {"type": "object", "properties": {"code": {"type": "string"}}}
)
HELLO = Answer("hello there, this is the answer")


def asking(*messages: Message, tools: tuple[Tool, ...] = ()) -> Request:
    """A request; what it asks is of no matter unless said."""
    return Request(
        messages=messages or (Message.user("Write dropout."),), tools=tools, max_tokens=100, seed=7
    )


def ignore(text: str) -> None:
    """For those who do not care for the text as it arrives."""


class Patience:
    """Stands in for `asyncio.sleep`: remembers the waits and does not wait."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)
