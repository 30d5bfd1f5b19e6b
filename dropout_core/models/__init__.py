"""Who answers: the `Model` protocol, and what passes through it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from dropout_core.values.conversation import Message, Tool


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
    fields: Mapping[str, Any] = field(default_factory=dict)
    """What the user has set beside these, as the Messages API names it."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one reply."""

    input_tokens: int = 0
    """All of them, those included that were read from a cache or written to one."""
    output_tokens: int = 0
    """All of them, those included that were thought."""
    thinking_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    estimated: bool = False
    """Whether the server has not said all of them: then they are about as many."""


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
    """What the server says of a refusal, on one line."""


NOTHING_SPENT = Usage()
REFUSED = "the server refused the request"
"""How the line of a `ModelUnusable` begins that only other settings can mend."""


class ModelError(Exception):
    """The model could not answer this request. The attempt is void; other trials go on."""

    def __init__(self, message: str, *, spent: Usage = NOTHING_SPENT, discarded_text: bool = False) -> None:
        super().__init__(message)
        self.spent = spent
        """Tokens of the reply that broke off, as far as the server had said."""
        self.discarded_text = discarded_text
        """Whether text of it had been handed out. It is void."""


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
        """The server's own words, on one line; empty when they say no more than the message."""
        self.retry_after = retry_after
        """Seconds the server asked to wait."""
        self.turned_away = turned_away
        """Whether the server has no room at present, for this request or any other."""
        self.tries = tries
        """At most so many tries are worth it; ``None`` when this depends on whoever asks."""
        self.unusable = unusable
        """What to say when it does not pass, if that means that no request can succeed."""


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
    """A model that may say how long its replies can be."""

    async def longest_reply(self) -> int | None:
        """In tokens; ``None`` when its server does not say."""
        ...


class Model(Protocol):
    """Whoever answers."""

    @property
    def name(self) -> str:
        """What the user calls it."""
        ...

    async def open(self) -> None:
        """Make ready what the first request would otherwise wait for. What is amiss, the first request says."""
        ...

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        """Try once to answer `request`, handing over text as it arrives. `RetryingClient` is who tries again.

        An empty text says that the model is at work where nothing can be seen of it.

        Raises:
            TryAgain: the same request may succeed in a moment.
            ModelError: the request failed and there is no point in trying it again now.
            ModelUnusable: no request can succeed.
        """
        ...

    async def close(self) -> None:
        """Give back connections. The model is not used afterwards."""
        ...
