"""Models: the `Model` protocol, with its requests, replies and errors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from dropout_core.values.conversation import Message, Tool


@dataclass(frozen=True, slots=True)
class Request:
    """One request to a model: the conversation so far, and its settings."""

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    max_tokens: int
    seed: int
    """The attempt's seed. Only the built-in samples use it; the Messages API has no such field."""
    step: int = 1
    """Number of the request in its attempt, counted from 1."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Further fields that the user has set, as the Messages API names them."""
    trial: int = 0
    """The trial that asks, and its attempt: a batch names its requests by them."""
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts of one reply."""

    input_tokens: int = 0
    """All input tokens, including those read from a cache or written to one."""
    output_tokens: int = 0
    """All output tokens, including those of thinking."""
    thinking_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    estimated: bool = False
    """Whether some counts are estimates, as the server did not report all of them."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete reply."""

    message: Message
    stop_reason: str
    """As the API names it: ``end_turn``, ``max_tokens``, ``tool_use``, … or one not known today."""
    usage: Usage
    model: str
    """The model that answered, as the server names it."""
    refusal_category: str | None = None
    """The policy that a refusal names: ``cyber``, ``bio``, ``frontier_llm``, … or one not known today."""
    refusal_explanation: str | None = None
    """The server's explanation of a refusal, on one line."""


NOTHING_SPENT = Usage()
REFUSED = "the server refused the request"
"""Beginning of the message of a `ModelUnusable` that only other settings can fix."""


class ModelError(Exception):
    """The model could not answer this request. The attempt is void; other trials go on."""

    def __init__(self, message: str, *, spent: Usage = NOTHING_SPENT, discarded_text: bool = False) -> None:
        super().__init__(message)
        self.spent = spent
        """Tokens of the reply that was broken off, as far as the server had reported."""
        self.discarded_text = discarded_text
        """Whether some of its text had been passed on, which is discarded."""


class ModelUnusable(ModelError):
    """No request to this model can succeed (wrong key, unknown model, unreachable server).

    The message is one line that says what to do. The evaluation stops instead of failing N times.
    """


class TryAgain(ModelError):
    """This try failed, but the same request may succeed in a moment. The message is a few words."""

    def __init__(
        self,
        message: str,
        *,
        said: str = "",
        spent: Usage = NOTHING_SPENT,
        discarded_text: bool = False,
        retry_after: float | None = None,
        turned_away: bool = False,
        tries: int | None = None,
        unusable: str | None = None,
    ) -> None:
        super().__init__(message, spent=spent, discarded_text=discarded_text)
        self.said = said
        """The server's own words, on one line; empty when they add nothing to the message."""
        self.retry_after = retry_after
        """Seconds the server asked to wait."""
        self.turned_away = turned_away
        """Whether the server is overloaded at present, for this request or any other."""
        self.tries = tries
        """Most tries that are worth it; ``None`` leaves that to the caller."""
        self.unusable = unusable
        """Message for when the error persists, if that means that no request can succeed."""


class CutOff(asyncio.CancelledError):
    """The request was cancelled while its reply was under way."""

    def __init__(self, spent: Usage, *, discarded_text: bool) -> None:
        super().__init__()
        self.spent = spent
        """As for `ModelError`."""
        self.discarded_text = discarded_text
        """As for `ModelError`."""


@runtime_checkable
class KnowsItsLimit(Protocol):
    """A model that may report its longest reply."""

    async def longest_reply(self) -> int | None:
        """Longest reply in tokens; ``None`` when its server does not report it."""
        ...


class Model(Protocol):
    """A model that answers requests."""

    @property
    def name(self) -> str:
        """Name by which the user refers to it."""
        ...

    async def open(self) -> None:
        """Prepare what the first request would otherwise wait for. Problems are reported by the first request."""
        ...

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        """Try once to answer `request`, handing over text as it arrives. `RetryingClient` is who tries again.

        An empty text means that the model works without visible output.

        Raises:
            TryAgain: the same request may succeed in a moment.
            ModelError: the request failed and there is no point in trying it again now.
            ModelUnusable: no request can succeed.
        """
        ...

    async def close(self) -> None:
        """Close connections. The model is not used afterwards."""
        ...
