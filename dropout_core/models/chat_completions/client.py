"""Model behind any server that speaks Chat Completions: vLLM, SGLang, llama.cpp, Ollama, gateways, OpenAI.

Importing this module does not import the SDK, which is an optional extra and takes a second.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dropout_core.models import ModelUnusable, Request
from dropout_core.models.chat_completions.chunks import ChunkReader
from dropout_core.models.chat_completions.errors import diagnose, refused_field
from dropout_core.models.chat_completions.request_body import OPTIONAL_FIELDS, chat_body
from dropout_core.models.errors.request_failure import Circumstances, Fault
from dropout_core.models.http.credentials import PLACEHOLDER_KEY, is_official, key_configured
from dropout_core.models.http.http_client import http_client
from dropout_core.models.retry.timeouts import TimeLimits
from dropout_core.models.streaming.reply_stream import EventReader
from dropout_core.models.streaming.streaming_model import SdkStream, StreamingModel, preload

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletionChunk

MISSING_SDK = "--api openai needs one more package, install it with: pip install openai"
OLD_LIMIT, NEW_LIMIT = "max_tokens", "max_completion_tokens"
"""Names of the limit of a reply: all servers know the old one, only OpenAI's newer models do not take it."""

_WANTS_NEW_LIMIT = re.compile(rf"(un|not )supported.*{NEW_LIMIT}", re.IGNORECASE | re.DOTALL)


class ChatModel(StreamingModel["openai.AsyncOpenAI"]):
    """A model of Chat Completions. The SDK reads the key from ``OPENAI_API_KEY``."""

    api = "openai"
    models_path = "/models"

    def __init__(
        self,
        name: str,
        base_url: str | None = None,
        *,
        time_limits: TimeLimits | None = None,
        timeout: str | None = None,
        is_own: bool = False,
    ) -> None:
        """As for any `StreamingModel`."""
        super().__init__(name, base_url, time_limits=time_limits, timeout=timeout, is_own=is_own)
        official = self._base_url is None or is_official(self._base_url, self.api)
        self._limit_field = NEW_LIMIT if official else OLD_LIMIT
        self._left_out: frozenset[str] = frozenset()

    def preflight(self) -> None:
        """As for any `StreamingModel`; also the SDK must be installed."""
        super().preflight()
        from importlib.util import find_spec

        if find_spec("openai") is None:
            raise ModelUnusable(MISSING_SDK)

    def _request_body(self, request: Request) -> dict[str, Any]:
        return chat_body(self._name, request, limit_field=self._limit_field, left_out=self._left_out)

    def _refused_part(self, error: Exception, request: Request, body: dict[str, Any]) -> str | None:
        sent = body.keys() - request.fields.keys()
        if refused_field(error, frozenset({OLD_LIMIT}) & sent) and _WANTS_NEW_LIMIT.search(str(error)):
            self._limit_field = NEW_LIMIT
            return f"the server takes {NEW_LIMIT} only"
        field = refused_field(error, frozenset(OPTIONAL_FIELDS) & sent)
        if field is None:
            return None
        self._left_out |= {field}
        return f"the server takes no {field}"

    async def _send(self, client: openai.AsyncOpenAI, body: dict[str, Any]) -> SdkStream:
        further = {name: value for name, value in body.items() if name not in ("model", "messages")}
        stream: openai.AsyncStream[ChatCompletionChunk]
        stream = await client.chat.completions.create(
            model=body["model"], messages=body["messages"], stream=True, extra_body=further
        )
        return stream

    def _reader(self) -> EventReader:
        return ChunkReader()

    async def longest_reply(self) -> int | None:
        """Longest reply of this model in tokens; ``None`` when its server does not report it.

        Where all that is reported is the context, which a prompt shares, it is half of that.
        """
        listed = await self._told(self.models_path)
        for model in listed.get("data") or () if isinstance(listed, Mapping) else ():
            match model:
                case {"id": self._name, "top_provider": {"max_completion_tokens": int(tokens)}} if tokens > 0:
                    return tokens
                case {"id": self._name, "max_model_len": int(context)} if context > 1:
                    return context // 2
        return None

    def _sdk_errors(self) -> tuple[type[Exception], ...]:
        import openai

        return (openai.OpenAIError,)

    def _diagnosis(self, error: Exception, circumstances: Circumstances) -> Fault:
        return diagnose(error, circumstances)

    def _connected(self, address: str | None) -> openai.AsyncOpenAI:
        preload("openai")
        import openai

        # Messages of the SDK itself would appear in the middle of the screen.
        logging.getLogger("openai").addHandler(logging.NullHandler())
        return openai.AsyncOpenAI(
            base_url=address,
            api_key=PLACEHOLDER_KEY if self._is_own or not key_configured(api=self.api) else None,
            max_retries=0,  # `RetryingClient` tries again, also when a stream breaks off
            timeout=openai.Timeout(
                None, connect=self._time_limits.connect
            ),  # `hearing_from` watches over the rest
            http_client=http_client(
                openai.DefaultAioHttpClient, openai.DefaultAsyncHttpxClient, direct=self._is_own
            ),
        )
