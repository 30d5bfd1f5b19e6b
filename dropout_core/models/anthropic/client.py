"""Model behind the Anthropic API, or behind any server that speaks its Messages API.

Importing this module does not import the SDK, which takes over a second: see `preload`.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dropout_core.models import Request
from dropout_core.models.anthropic.errors import diagnose, refuses_blanks
from dropout_core.models.anthropic.message_batches import MessageBatches
from dropout_core.models.anthropic.request_body import request_body
from dropout_core.models.errors.request_failure import Circumstances, Fault
from dropout_core.models.http.credentials import PLACEHOLDER_KEY, is_local, key_configured
from dropout_core.models.http.http_client import http_client
from dropout_core.models.retry.timeouts import TimeLimits
from dropout_core.models.streaming.streaming_model import SdkStream, StreamingModel, preload

if TYPE_CHECKING:
    import anthropic
    from anthropic.types import RawMessageStreamEvent

__all__ = ["AnthropicModel", "TimeLimits", "key_configured", "preload"]

_PARAMETERS = ("model", "max_tokens", "messages", "tools")
"""Request fields that the program itself sets."""
_COUNTED = ("model", "messages", "tools", "system", "thinking")
"""Request fields that count as input."""


class AnthropicModel(StreamingModel["anthropic.AsyncAnthropic"]):
    """A model of the Messages API.

    The SDK reads the credentials: ``ANTHROPIC_API_KEY``, ``ANTHROPIC_AUTH_TOKEN``, or a profile.
    """

    api = "anthropic"
    models_path = "/v1/models?limit=1000"
    _takes_blanks = True

    def _request_body(self, request: Request) -> dict[str, Any]:
        return request_body(self._name, request, blanks=self._takes_blanks)

    def _refused_part(self, error: Exception, request: Request, body: dict[str, Any]) -> str | None:
        if refuses_blanks(error) and request_body(self._name, request, blanks=False) != body:
            self._takes_blanks = False
            return "the server takes no blank text back"
        return None

    async def _send(self, client: anthropic.AsyncAnthropic, body: dict[str, Any]) -> SdkStream:
        stream: anthropic.AsyncStream[RawMessageStreamEvent]
        stream = await client.messages.create(**_arguments(body), stream=True)
        return stream

    def _sdk_errors(self) -> tuple[type[Exception], ...]:
        import anthropic

        return (anthropic.AnthropicError,)

    def _diagnosis(self, error: Exception, circumstances: Circumstances) -> Fault:
        return diagnose(error, circumstances)

    async def longest_reply(self) -> int | None:
        """Longest reply of this model in tokens; ``None`` when its server does not report it."""
        match await self._told(f"/v1/models/{quote(self._name, safe='')}"):
            case {"max_tokens": bool()}:
                return None
            case {"max_tokens": int(tokens)} if tokens > 0:
                return tokens
        return None

    def batches(self) -> MessageBatches:
        """The batches of its server."""
        return MessageBatches(self._name, self._client)

    @property
    def is_local(self) -> bool:
        """Whether its server is on this machine."""
        return self._base_url is not None and is_local(self._base_url)

    async def counted(self, request: Request) -> int | None:
        """Tokens of a request, as the server counts them; ``None`` where it does not."""
        whole = self._request_body(request)
        body = {name: value for name, value in whole.items() if name in _COUNTED}
        match await self._told("/v1/messages/count_tokens", body):
            case {"input_tokens": bool()}:
                return None
            case {"input_tokens": int(tokens)} if tokens >= 0:
                return tokens
        return None

    def _connected(self, address: str | None) -> anthropic.AsyncAnthropic:
        preload()
        import anthropic

        # Messages of the SDK itself would appear in the middle of the screen.
        logging.getLogger("anthropic").addHandler(logging.NullHandler())
        warnings.filterwarnings("ignore", r"The model '.*' is deprecated", DeprecationWarning)
        return anthropic.AsyncAnthropic(
            base_url=address,
            api_key=PLACEHOLDER_KEY if self._is_own or not key_configured() else None,
            max_retries=0,  # `RetryingClient` tries again, also when a stream breaks off
            timeout=anthropic.Timeout(
                None, connect=self._time_limits.connect
            ),  # `hearing_from` watches over the rest
            http_client=http_client(
                anthropic.DefaultAioHttpClient, anthropic.DefaultAsyncHttpxClient, direct=self._is_own
            ),
        )


def _arguments(body: Mapping[str, Any]) -> dict[str, Any]:
    """`body` as arguments of the SDK, which does not know every field that a server may accept."""
    own = {name: body[name] for name in _PARAMETERS if name in body}
    further = {name: value for name, value in body.items() if name not in own}
    return {**own, "extra_body": further} if further else own
