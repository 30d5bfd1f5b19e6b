"""Model behind the Anthropic API, or behind any server that speaks its Messages API.

Importing this module does not import the SDK, which takes over a second: see `preload`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import sys
import warnings
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dropout_core.models import CutOff, ModelError, ModelUnusable, Reply, Request, TryAgain
from dropout_core.models.anthropic.errors import Circumstances, Fault, Remedy, cannot_reach, diagnose, in_full
from dropout_core.models.anthropic.message_batches import MessageBatches
from dropout_core.models.anthropic.reply_bytes import arrivals
from dropout_core.models.anthropic.reply_stream import ReplyStream, StreamFault
from dropout_core.models.anthropic.request_body import request_body
from dropout_core.models.anthropic.request_failure import CONNECTION_LOST
from dropout_core.models.anthropic.status_errors import refuses_blanks, wants_tls
from dropout_core.models.anthropic.token_counts import estimated_tokens
from dropout_core.models.http.credentials import (
    API_URL,
    PLACEHOLDER_KEY,
    base_of_messages,
    check_base_url,
    check_key,
    is_local,
    key_configured,
    one_line,
    shown_url,
)
from dropout_core.models.http.http_client import http_client
from dropout_core.models.http.proxies import any_socks_proxy, proxy_of
from dropout_core.models.http.server_sent_events import ServerSentEvent
from dropout_core.models.http.size_limits import ReplyBounds
from dropout_core.models.http.tls import wants_tls_at
from dropout_core.models.retry.stall_timeout import Silence, hearing_from
from dropout_core.models.retry.timeouts import API_LIMITS, LOCAL_LIMITS, TimeLimits
from dropout_core.models.retry.user_limits import limits_with

if TYPE_CHECKING:
    import anthropic
    from anthropic.types import RawMessageStreamEvent

__all__ = ["AnthropicModel", "TimeLimits", "key_configured", "preload"]

FIRST_CONTACT_TRIES = 3
"""Tries to connect to a server that has never answered; a wrong address stays wrong."""

LAST_WORDS = 1.0
"""Seconds for a connection to end after the reply has."""

LIMIT_SECONDS = 30.0
"""Seconds that a server may take to report its longest reply."""
_PARAMETERS = ("model", "max_tokens", "messages", "tools")
"""Request fields that the program itself sets."""

_log = logging.getLogger(__name__)


def preload() -> None:
    """Import the SDK now, so that the first request need not wait for it. Meant for a background thread.

    The import creates some hundred thousand objects that live as long as the process. They are hidden from the garbage
    collector, as traversing them would stall the dashboard again and again.
    """
    if "anthropic" in sys.modules:
        return
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        import anthropic  # noqa: F401
    finally:
        if was_enabled:
            gc.enable()
    gc.collect()
    gc.freeze()


class AnthropicModel:
    """A model of the Messages API, for any number of concurrent requests over one client.

    The SDK handles credentials (``ANTHROPIC_API_KEY``, ``ANTHROPIC_AUTH_TOKEN``, a profile); this object holds none. A
    request is tried once; `dropout_core.models.retry.retrying` tries again.
    """

    def __init__(
        self,
        name: str,
        base_url: str | None = None,
        *,
        time_limits: TimeLimits | None = None,
        timeout: str | None = None,
    ) -> None:
        """Describe the model; nothing is imported or connected yet.

        Args:
            name: the model's name, as the server knows it.
            base_url: the server; by default ``ANTHROPIC_BASE_URL``, and without that the Anthropic API.
            time_limits: how long to wait for what; by default what suits the API, or a local server.
            timeout: what the user says of that: see `dropout_core.models.retry.user_limits`.
        """
        self._name = name
        address = base_url or os.environ.get("ANTHROPIC_BASE_URL") or None
        self._base_url = None if address is None else base_of_messages(address)
        local = self._base_url is not None and is_local(self._base_url)
        self._time_limits = limits_with(time_limits or (LOCAL_LIMITS if local else API_LIMITS), timeout)
        self._opening: asyncio.Task[anthropic.AsyncAnthropic] | None = None
        self._reached = False
        self._answered = False
        self._takes_blanks = True
        self._asked_for_tls = False

    def __repr__(self) -> str:
        return f"AnthropicModel({self._name!r}, {shown_url(self._base_url or API_URL)!r})"

    @property
    def name(self) -> str:
        """Name by which the user refers to it."""
        return self._name

    def preflight(self) -> None:
        """Find problems that would make every request fail, without sending one or importing the SDK.

        Raises:
            ModelUnusable: no API key, one that cannot be sent, or an address that is none.
        """
        if self._base_url is not None:
            check_base_url(self._base_url)
        check_key(self._base_url)

    async def open(self) -> None:
        """Import the SDK and set up the client, so that neither counts as time of the first attempts."""
        with contextlib.suppress(ModelUnusable):
            await self._client()

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        """Try once to answer `request`, handing over text as it arrives.

        Raises:
            TryAgain: the same request may succeed in a moment.
            ModelError: the server refuses this very request.
            ModelUnusable: no request can succeed; the message says what to do.
        """
        client = await self._client()
        body = request_body(self._name, request, blanks=self._takes_blanks)
        bounds = ReplyBounds.of(request.max_tokens)
        collected = ReplyStream(self._name, on_text, bounds, asked=estimated_tokens(len(json.dumps(body))))
        try:
            return await self._try_once(client, body, collected, bounds)
        except asyncio.CancelledError:
            raise CutOff(collected.usage, discarded_text=collected.text_seen) from None
        except _request_faults() as error:
            _log.debug("%s", in_full(error))
            if refuses_blanks(error) and request_body(self._name, request, blanks=False) != body:
                self._takes_blanks = False
                raise TryAgain("the server takes no blank text back") from None
            fault = diagnose(error, self._circumstances(client, request))
        if fault.message == CONNECTION_LOST and await self._should_speak_tls(str(client.base_url)):
            raise ModelUnusable(wants_tls(shown_url(str(client.base_url))))
        raise self._error(fault, collected, str(client.base_url))

    async def _should_speak_tls(self, base_url: str) -> bool:
        """Whether a server that has never answered hung up because it expects TLS; tested once."""
        if self._answered or self._asked_for_tls:
            return False
        self._asked_for_tls = True
        return await wants_tls_at(base_url)

    async def longest_reply(self) -> int | None:
        """Longest reply of this model in tokens; ``None`` when its server does not report it."""
        try:
            client = await self._client()  # which itself takes seconds
            async with asyncio.timeout(LIMIT_SECONDS):
                info: object = await client.get(f"/v1/models/{quote(self._name, safe='')}", cast_to=object)
        except (ModelUnusable, TimeoutError, ValueError, RecursionError):
            return None
        except _request_faults() as error:
            _log.info("the server does not say how long a reply may be: %s", in_full(error))
            return None
        match info:
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

    async def close(self) -> None:
        """Close connections. The model is not used afterwards."""
        opening, self._opening = self._opening, None
        if opening is not None:
            with contextlib.suppress(ModelUnusable):
                await (await opening).close()

    async def _client(self) -> anthropic.AsyncAnthropic:
        """The shared client. The first caller has it made in a thread: import and TLS set-up block for seconds."""
        if self._opening is None:
            self._opening = asyncio.create_task(asyncio.to_thread(self._open))
            self._opening.add_done_callback(
                lambda task: task.cancelled() or task.exception()
            )  # nobody may be waiting
        # Shielded, because others wait for it too, while the first caller may be cancelled.
        return await asyncio.shield(self._opening)

    def _open(self) -> anthropic.AsyncAnthropic:
        self.preflight()
        preload()
        import anthropic

        # Messages of the SDK itself would appear in the middle of the screen.
        logging.getLogger("anthropic").addHandler(logging.NullHandler())
        warnings.filterwarnings("ignore", r"The model '.*' is deprecated", DeprecationWarning)
        limits = self._time_limits
        try:
            return anthropic.AsyncAnthropic(
                # The SDK would use an empty variable as an address.
                base_url=self._base_url or (API_URL if os.environ.get("ANTHROPIC_BASE_URL") == "" else None),
                api_key=None if key_configured() else PLACEHOLDER_KEY,
                max_retries=0,  # `RetryingClient` tries again, also when a stream breaks off
                timeout=anthropic.Timeout(
                    None, connect=limits.connect
                ),  # `hearing_from` watches over the rest
                http_client=http_client(),
            )
        except ImportError as error:
            raise ModelUnusable(
                "a SOCKS proxy needs one more package, install it with: pip install socksio"
                if any_socks_proxy()
                else f"the API client cannot start: {one_line(str(error))}"
            ) from None
        except Exception as error:  # an invalid profile or proxy setting, which raises many types
            raise ModelUnusable(f"the API client cannot start: {one_line(str(error))}") from None

    async def _try_once(
        self,
        client: anthropic.AsyncAnthropic,
        body: dict[str, Any],
        collected: ReplyStream,
        bounds: ReplyBounds,
    ) -> Reply:
        limits = self._time_limits
        try:
            async with hearing_from(limits.first_token, limits.stall) as hearing:
                stream: anthropic.AsyncStream[RawMessageStreamEvent]
                stream = await client.messages.create(**_arguments(body), stream=True)
                self._reached = True
                async with stream, contextlib.aclosing(arrivals(stream.response, bounds)) as arriving:
                    async for events in arriving:
                        if collected.feed(events):
                            hearing.heard(limits.thinking if collected.thinking else limits.stall)
                        elif not collected.begun:
                            hearing.alive(limits.first_token, at_most=limits.thinking)
                        if collected.ended:
                            await _read_out(arriving)
        except _request_faults():
            if not collected.complete:
                raise
        reply = collected.reply()
        self._answered = True
        return reply

    def _circumstances(self, client: anthropic.AsyncAnthropic, request: Request) -> Circumstances:
        base_url = str(client.base_url)
        return Circumstances(
            self._name,
            base_url,
            answered=self._answered,
            fields=frozenset({"max_tokens", *request.fields}),
            proxy=proxy_of(base_url),
        )

    def _error(self, fault: Fault, collected: ReplyStream, base_url: str) -> ModelError:
        """The fault as an error, with the cost of the reply that was broken off."""
        spent, discarded = collected.usage, collected.text_seen
        if fault.remedy is Remedy.STOP:
            return ModelUnusable(fault.message, spent=spent, discarded_text=discarded)
        if fault.remedy is Remedy.GIVE_UP:
            return ModelError(fault.message, spent=spent, discarded_text=discarded)
        if fault.unreachable is None:
            self._reached = True
        elif not self._reached:
            line = cannot_reach(base_url, fault.unreachable, fault.proxy)
            return TryAgain(fault.message, tries=FIRST_CONTACT_TRIES, unusable=line)
        return TryAgain(
            fault.message,
            said=fault.said,
            spent=spent,
            discarded_text=discarded,
            retry_after=fault.retry_after,
            turned_away=fault.turned_away,
        )


def _arguments(body: Mapping[str, Any]) -> dict[str, Any]:
    """`body` as arguments of the SDK, which does not know every field that a server may accept."""
    own = {name: body[name] for name in _PARAMETERS if name in body}
    further = {name: value for name, value in body.items() if name not in own}
    return {**own, "extra_body": further} if further else own


async def _read_out(arriving: AsyncGenerator[list[ServerSentEvent], None]) -> None:
    """Read the answer to its end, so that its connection can be used again; errors are ignored."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORDS):
            async for _ in arriving:
                pass


def _request_faults() -> tuple[type[Exception], ...]:
    """Exceptions that a failed request raises. Any other is a bug in this program and is not caught."""
    import anthropic
    import httpx2

    return (anthropic.AnthropicError, httpx2.HTTPError, Silence, StreamFault)
