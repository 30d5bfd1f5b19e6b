"""Asking a model behind the Messages API, as its tests do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from dropout_core.models import Model, Reply, Request
from dropout_core.models.retry.gate import Clock
from dropout_core.models.retry.retrying import FailedTry, Held, RetryingClient
from dropout_core.values.conversation import Message, Tool
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
    """A clock for waits that goes on by itself: it remembers each wait, and does not wait."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: sum(self.waits), sleep=self.sleep)


class Listener:
    """An asker that takes everything down."""

    def __init__(self, on_text: Callable[[str], None] = ignore) -> None:
        self.log: list[str | FailedTry | Held] = []
        """``"sent"``, the failed tries and the holds, in order."""
        self._on_text = on_text

    async def ready(self) -> None:
        return None

    def sent(self) -> None:
        self.log.append("sent")

    def arrived(self, text: str) -> None:
        self._on_text(text)

    def failed(self, failure: FailedTry) -> None:
        self.log.append(failure)

    def held(self, held: Held) -> None:
        self.log.append(held)

    @property
    def failures(self) -> list[FailedTry]:
        return [entry for entry in self.log if isinstance(entry, FailedTry)]

    @property
    def holds(self) -> list[Held]:
        return [entry for entry in self.log if isinstance(entry, Held)]


class AskedModel:
    """A model that is asked until it answers, for tests that care for the reply and not for how it came about."""

    def __init__(self, model: Model, clock: Clock, *, max_tries: int = 8, limit: int = 100) -> None:
        self.asking = RetryingClient(model, limit=limit, max_tries=max_tries, clock=clock)
        self._model = model

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        return await self.asking.reply(request, Listener(on_text))

    async def close(self) -> None:
        await self._model.close()
