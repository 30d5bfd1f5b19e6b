"""Model behind an HTTP API that streams replies: one try of a request over a shared client of an SDK.

What all APIs have in common; in what they differ, `anthropic` and `chat_completions` beside this package say.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from dropout_core.models import CutOff, ModelError, ModelUnusable, Reply, Request, TryAgain
from dropout_core.models.errors.diagnosis import in_full
from dropout_core.models.errors.model_errors import error_of, never_reached
from dropout_core.models.errors.request_failure import CONNECTION_LOST, Circumstances, Fault, Remedy
from dropout_core.models.errors.status_errors import wants_tls
from dropout_core.models.errors.stream_errors import StreamFault
from dropout_core.models.http.credentials import (
    ADDRESS_NAMES,
    OFFICIAL_URLS,
    base_of,
    check_base_url,
    check_key,
    is_local,
    one_line,
    shown_url,
)
from dropout_core.models.http.proxies import any_socks_proxy, proxy_of
from dropout_core.models.http.server_sent_events import ServerSentEvent
from dropout_core.models.http.size_limits import ReplyBounds
from dropout_core.models.http.tls import wants_tls_at
from dropout_core.models.retry.stall_timeout import Silence, hearing_from
from dropout_core.models.retry.timeouts import API_LIMITS, LOCAL_LIMITS, TimeLimits
from dropout_core.models.retry.user_limits import limits_with
from dropout_core.models.streaming.reply_bytes import arrivals
from dropout_core.models.streaming.reply_stream import EventReader, ReplyStream, read_event
from dropout_core.models.streaming.token_counts import estimated_tokens
from dropout_core.values.api import Api
from dropout_core.values.garbage_collection import held_back

if TYPE_CHECKING:
    import httpx2

LAST_WORDS = 1.0
"""Seconds for a connection to end after the reply has."""

ASKED_ASIDE_SECONDS = 30.0
"""Seconds that a server may take to tell of a model."""

_log = logging.getLogger(__name__)


class SdkClient(Protocol):
    """Client of an SDK, as far as all are alike."""

    @property
    def base_url(self) -> httpx2.URL:
        """Where requests go."""
        ...

    async def get(self, path: str, *, cast_to: type[object]) -> object:
        """The JSON at `path`."""
        ...

    async def post(self, path: str, *, cast_to: type[object], body: object) -> object:
        """The JSON that `body` is answered with."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...


class SdkStream(Protocol):
    """Streamed response of an SDK. Its bytes are read here, as the SDKs' own events take twice the time."""

    response: httpx2.Response

    async def close(self) -> None:
        """Close the response."""
        ...


Client = TypeVar("Client", bound=SdkClient)


def preload(sdk: str = "anthropic") -> None:
    """Import the SDK now, so that the first request need not wait for it. Meant for a background thread.

    The import creates some hundred thousand objects that live as long as the process. They are hidden from the garbage
    collector, as traversing them would stall the dashboard again and again.
    """
    if sdk in sys.modules:
        return
    with held_back():
        import_module(sdk)
    gc.collect()
    gc.freeze()


class StreamingModel(ABC, Generic[Client]):
    """A model of an API, for any number of concurrent requests over one client.

    The SDK handles credentials; this object holds none. A request is tried once;
    `dropout_core.models.retry.retrying` tries again.
    """

    api: ClassVar[Api]
    models_path: ClassVar[str]
    """Where the server lists its models."""

    def __init__(
        self,
        name: str,
        base_url: str | None = None,
        *,
        time_limits: TimeLimits | None = None,
        timeout: str | None = None,
        is_own: bool = False,
    ) -> None:
        """Describe the model; nothing is imported or connected yet.

        Args:
            name: the model's name, as the server knows it.
            base_url: the server; by default what the environment says, and without that the API's own.
            time_limits: how long to wait for what; by default what suits the API, or a local server.
            timeout: what the user says of that: see `dropout_core.models.retry.user_limits`.
            is_own: whether this program serves it: then no proxy is used, and no key is sent.
        """
        self._name = name
        self._is_own = is_own
        address = base_url or os.environ.get(ADDRESS_NAMES[self.api]) or None
        self._base_url = None if address is None else base_of(address, self.api)
        local = self._base_url is not None and is_local(self._base_url)
        self._time_limits = limits_with(time_limits or (LOCAL_LIMITS if local else API_LIMITS), timeout)
        self._opening: asyncio.Task[Client] | None = None
        self._reached = False
        self._answered = False
        self._asked_for_tls = False

    def __repr__(self) -> str:
        shown = shown_url(self._base_url or OFFICIAL_URLS[self.api])
        return f"{type(self).__name__}({self._name!r}, {shown!r})"

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
            check_base_url(self._base_url, self.api)
        if not self._is_own:
            check_key(self._base_url, api=self.api)

    async def open(self) -> None:
        """Import the SDK and set up the client, so that neither counts as time of the first attempts."""
        with contextlib.suppress(ModelUnusable):
            await self._client()

    @abstractmethod
    def _request_body(self, request: Request) -> dict[str, Any]:
        """The JSON object to send, without ``stream``."""

    @abstractmethod
    async def _send(self, client: Client, body: dict[str, Any]) -> SdkStream:
        """Send the request; its streamed response."""

    @abstractmethod
    def _connected(self, address: str | None) -> Client:
        """A new client, with the SDK imported; `address` is ``None`` for that of the SDK."""

    @abstractmethod
    def _sdk_errors(self) -> tuple[type[Exception], ...]:
        """Exceptions of the SDK."""

    @abstractmethod
    def _diagnosis(self, error: Exception, circumstances: Circumstances) -> Fault:
        """What went wrong."""

    @abstractmethod
    def _refused_part(self, error: Exception, request: Request, body: dict[str, Any]) -> str | None:
        """What the server does not take, in a few words, where later requests leave it out; else ``None``."""

    def _reader(self) -> EventReader:
        """What reads the events of one reply on the wire."""
        return read_event

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        """Try once to answer `request`, handing over text as it arrives.

        Raises:
            TryAgain: the same request may succeed in a moment.
            ModelError: the server refuses this very request.
            ModelUnusable: no request can succeed; the message says what to do.
        """
        client = await self._client()
        body = self._request_body(request)
        bounds = ReplyBounds.of(request.max_tokens)
        asked = estimated_tokens(len(json.dumps(body)))
        collected = ReplyStream(self._name, on_text, bounds, asked=asked, read=self._reader())
        try:
            return await self._try_once(client, body, collected, bounds)
        except asyncio.CancelledError:
            raise CutOff(collected.usage, discarded_text=collected.text_seen) from None
        except self._request_faults() as error:
            _log.debug("%s", in_full(error))
            if (refused := self._refused_part(error, request, body)) is not None:
                raise TryAgain(refused) from None
            fault = self._diagnosis(error, self._circumstances(client, request))
        if fault.message == CONNECTION_LOST and await self._should_speak_tls(str(client.base_url)):
            raise ModelUnusable(wants_tls(shown_url(str(client.base_url))))
        raise self._error(fault, collected, str(client.base_url))

    async def _should_speak_tls(self, base_url: str) -> bool:
        """Whether a server that has never answered hung up because it expects TLS; tested once."""
        if self._answered or self._asked_for_tls:
            return False
        self._asked_for_tls = True
        return await wants_tls_at(base_url)

    async def model_names(self) -> tuple[str, ...]:
        """Names of the models that the server lists; none where it does not."""
        match await self._told(self.models_path):
            case {"data": [*models]}:
                names = [model.get("id") for model in models if isinstance(model, Mapping)]
                return tuple(name for name in names if isinstance(name, str) and name)
        return ()

    async def _told(self, path: str, body: object = None) -> object:
        """The JSON that the server has at `path`, or its answer to a `body`; ``None`` where there is none, or it takes
        too long."""
        try:
            client = await self._client()  # which itself takes seconds
            async with asyncio.timeout(ASKED_ASIDE_SECONDS):
                if body is None:
                    return await client.get(path, cast_to=object)
                return await client.post(path, body=body, cast_to=object)
        except (ModelUnusable, TimeoutError, ValueError, RecursionError):
            return None
        except self._request_faults() as error:
            _log.info("the server does not say what it has at %s: %s", path, in_full(error))
            return None

    async def close(self) -> None:
        """Close connections. The model is not used afterwards."""
        opening, self._opening = self._opening, None
        if opening is not None:
            with contextlib.suppress(ModelUnusable):
                await (await opening).close()

    async def _client(self) -> Client:
        """The shared client. The first caller has it made in a thread: import and TLS set-up block for seconds."""
        if self._opening is None:
            self._opening = asyncio.create_task(asyncio.to_thread(self._open))
            self._opening.add_done_callback(
                lambda task: task.cancelled() or task.exception()
            )  # nobody may be waiting
        # Shielded, because others wait for it too, while the first caller may be cancelled.
        return await asyncio.shield(self._opening)

    def _open(self) -> Client:
        self.preflight()
        # The SDK would use an empty variable as an address.
        is_empty = os.environ.get(ADDRESS_NAMES[self.api]) == ""
        try:
            return self._connected(self._base_url or (OFFICIAL_URLS[self.api] if is_empty else None))
        except ModelUnusable:
            raise
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
        client: Client,
        body: dict[str, Any],
        collected: ReplyStream,
        bounds: ReplyBounds,
    ) -> Reply:
        limits = self._time_limits
        try:
            async with hearing_from(limits.first_token, min(limits.stall, limits.thinking)) as hearing:
                stream = await self._send(client, body)
                self._reached = True
                async with (
                    _closing(stream),
                    contextlib.aclosing(arrivals(stream.response, bounds)) as arriving,
                ):
                    async for events in arriving:
                        if collected.feed(events):
                            hearing.heard(limits.thinking if collected.thinking else limits.stall)
                        elif not collected.begun:
                            hearing.alive(limits.first_token, at_most=limits.thinking)
                        if collected.ended:
                            await _read_out(arriving)
        except self._request_faults():
            if not collected.complete:
                raise
        reply = collected.reply()
        self._answered = True
        return reply

    def _request_faults(self) -> tuple[type[Exception], ...]:
        """Exceptions that a failed request raises. Any other is a bug in this program and is not caught."""
        import httpx2

        return (*self._sdk_errors(), httpx2.HTTPError, Silence, StreamFault)

    def _circumstances(self, client: Client, request: Request) -> Circumstances:
        base_url = str(client.base_url)
        return Circumstances(
            self._name,
            base_url,
            answered=self._answered,
            fields=frozenset({"max_tokens", *request.fields}),
            proxy=proxy_of(base_url),
            api=self.api,
        )

    def _error(self, fault: Fault, collected: ReplyStream, base_url: str) -> ModelError:
        """The fault as an error, with the cost of the reply that was broken off."""
        if fault.remedy is Remedy.RETRY:
            if fault.unreachable is None:
                self._reached = True
            elif not self._reached:
                return never_reached(fault, fault.unreachable, base_url)
        return error_of(fault, spent=collected.usage, discarded_text=collected.text_seen)


@contextlib.asynccontextmanager
async def _closing(stream: SdkStream) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await stream.close()


async def _read_out(arriving: AsyncGenerator[list[ServerSentEvent], None]) -> None:
    """Read the answer to its end, so that its connection can be used again; errors are ignored."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORDS):
            async for _ in arriving:
                pass
