"""Who answers: the `Model` protocol, and what passes through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from dropout_core.conversation import Message, Tool


@dataclass(frozen=True, slots=True)
class Request:
    """One request to a model: the conversation so far, and what it may do next."""

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    max_tokens: int
    seed: int
    """The attempt's seed. Only the built-in samples listen to it; the Messages API has none."""
    step: int = 1
    """Counts the requests of one attempt from 1."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one reply. Cached input counts as input."""

    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete reply."""

    message: Message
    stop_reason: str
    """As the API names it: ``end_turn``, ``max_tokens``, ``tool_use``, … or one not known today."""
    usage: Usage
    model: str
    """The model that answered, as the server names it."""


class ModelError(Exception):
    """The model could not answer this request. The attempt is void; other trials go on."""


class ModelUnusable(ModelError):
    """No request to this model can succeed (wrong key, unknown model, unreachable server).

    The message is one line that says what to do. The evaluation stops instead of failing N times.
    """


class Model(Protocol):
    """Whoever answers."""

    @property
    def name(self) -> str:
        """What the user calls it."""
        ...

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        """Answer `request`, handing over text as it arrives.

        Raises:
            ModelError: the request failed and there is no point in trying it again now.
            ModelUnusable: no request can succeed.
        """
        ...

    async def close(self) -> None:
        """Give back connections. The model is not used afterwards."""
        ...
