"""A model behind the Anthropic API, or behind any server that speaks its Messages API.

Importing this module does not import the SDK, which takes over a second: see `preload`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import random
import sys
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dropout_core.models import ModelError, ModelUnusable, Reply, Request
from dropout_core.models.credentials import (
    API_URL,
    PLACEHOLDER_KEY,
    check_base_url,
    check_key,
    is_local,
    key_configured,
    one_line,
    shown_url,
)
from dropout_core.models.faults import Circumstances, Fault, Remedy, cannot_reach, diagnose, retry_wait
from dropout_core.models.reply_stream import (
    MalformedStream,
    NotAStream,
    ReplyStream,
    StreamFault,
    parse_event,
)
from dropout_core.models.request_body import request_body

if TYPE_CHECKING:
    import anthropic
    from anthropic.types import RawMessageStreamEvent

__all__ = ["AnthropicModel", "Retry", "key_configured", "preload"]

MAX_TRIES = 8
FIRST_CONTACT_TRIES = 3
"""Tries to connect to a server that has never answered: an address that is wrong stays wrong."""

CONNECT_SECONDS = 10.0
STALL_SECONDS = 120.0
LOCAL_STALL_SECONDS = 600.0
"""Without a byte. A local server queues what it cannot run at once and sends nothing meanwhile; the API sends pings."""


def preload() -> None:
    """Import the SDK now, so that the first request need not wait for it. Meant for a background thread.

    The import leaves some hundred thousand objects that live as long as the process. They are taken out of the
    garbage collector's sight: walking them would stall the dashboard again and again.
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


@dataclass(frozen=True, slots=True)
class Retry:
    """A try that failed, and the wait before the next."""

    reason: str
    """A few words: ``"API overloaded"``."""
    failures: int
    """Tries that have failed so far, this one included."""
    max_tries: int
    wait: float
    """Seconds until the next try."""
    discarded_text: bool
    """Whether the failed try had handed out text. It is void: the next try starts again."""


class AnthropicModel:
    """A model of the Messages API, for any number of concurrent requests over one client.

    Credentials are the SDK's business (``ANTHROPIC_API_KEY``, ``ANTHROPIC_AUTH_TOKEN``, a profile); this object holds
    none. A request is tried again as a whole, also when its reply breaks off midway: then `on_text` of `reply` has
    been handed text that is not part of the reply that is finally returned. `on_retry` tells when that happens.
    """

    def __init__(
        self,
        name: str,
        base_url: str | None = None,
        *,
        max_tries: int = MAX_TRIES,
        stall_seconds: float | None = None,
        on_retry: Callable[[Request, Retry], None] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Describe the model; nothing is imported or connected yet.

        Args:
            name: the model's name, as the server knows it.
            base_url: the server; by default ``ANTHROPIC_BASE_URL``, and without that the Anthropic API.
            max_tries: tries of one request before it is given up.
            stall_seconds: how long to wait for a byte; by default 120, of a local server 600.
            on_retry: told of each failed try before the wait that follows it.
            sleep: waits between tries, in seconds.
        """
        self._name = name
        self._base_url = base_url or os.environ.get("ANTHROPIC_BASE_URL") or None
        self._max_tries = max_tries
        self._stall_seconds = stall_seconds
        self._on_retry = on_retry
        self._sleep = sleep
        self._opening: asyncio.Task[anthropic.AsyncAnthropic] | None = None
        self._reached = False
        self._answered = False

    def __repr__(self) -> str:
        return f"AnthropicModel({self._name!r}, {shown_url(self._base_url or API_URL)!r})"

    @property
    def name(self) -> str:
        """What the user calls it."""
        return self._name

    def preflight(self) -> None:
        """Find what makes every request fail, without sending one or importing the SDK.

        Raises:
            ModelUnusable: no API key, one that cannot be sent, or an address that is none.
        """
        if self._base_url is not None:
            check_base_url(self._base_url)
        check_key(self._base_url)

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        """Answer `request`, handing over text as it arrives; see the class about text of failed tries.

        Raises:
            ModelError: the tries are used up, or the server refuses this very request.
            ModelUnusable: no request can succeed; the message says what to do.
        """
        client = await self._client()
        body = request_body(self._name, request)
        failures = 0
        while True:
            collected = ReplyStream(self._name, on_text)
            try:
                return await self._try_once(client, body, collected)
            except _request_faults() as error:
                fault = diagnose(error, self._circumstances(client))
            failures += 1
            wait = self._wait_or_raise(fault, failures, client)
            if self._on_retry is not None:
                self._on_retry(
                    request, Retry(fault.message, failures, self._max_tries, wait, collected.text_seen)
                )
            await self._sleep(wait)

    async def close(self) -> None:
        """Give back connections. The model is not used afterwards."""
        opening, self._opening = self._opening, None
        if opening is not None:
            with contextlib.suppress(ModelUnusable):
                await (await opening).close()

    async def _client(self) -> anthropic.AsyncAnthropic:
        """The one client. The first to ask has it made in a thread: import and TLS set-up block for seconds."""
        if self._opening is None:
            self._opening = asyncio.create_task(asyncio.to_thread(self._open))
            self._opening.add_done_callback(
                lambda task: task.cancelled() or task.exception()
            )  # may find no waiter
        # Shielded, because others wait for it too: who asked first may be cancelled.
        return await asyncio.shield(self._opening)

    def _open(self) -> anthropic.AsyncAnthropic:
        self.preflight()
        preload()
        import anthropic

        # What the SDK has to say on its own account would land in the middle of the screen.
        logging.getLogger("anthropic").addHandler(logging.NullHandler())
        warnings.filterwarnings("ignore", r"The model '.*' is deprecated", DeprecationWarning)
        local = self._base_url is not None and is_local(self._base_url)
        stall = self._stall_seconds or (LOCAL_STALL_SECONDS if local else STALL_SECONDS)
        try:
            return anthropic.AsyncAnthropic(
                # Set to nothing, the SDK's variable would be taken for an address.
                base_url=self._base_url or (API_URL if os.environ.get("ANTHROPIC_BASE_URL") == "" else None),
                api_key=None if key_configured() else PLACEHOLDER_KEY,
                max_retries=0,  # `reply` tries again itself: it also must when a stream breaks off, and says so
                timeout=anthropic.Timeout(stall, connect=CONNECT_SECONDS),
            )
        except Exception as error:  # a profile or proxy setting that makes no sense: many types, one meaning
            raise ModelUnusable(f"the API client cannot start: {one_line(str(error))}") from None

    async def _try_once(
        self, client: anthropic.AsyncAnthropic, body: dict[str, Any], collected: ReplyStream
    ) -> Reply:
        stream: anthropic.AsyncStream[RawMessageStreamEvent]
        stream = await client.messages.create(**body, stream=True)
        self._reached = True
        async with stream, contextlib.aclosing(_events(stream)) as events:
            try:
                async for event in events:
                    collected.feed(event)
            except _request_faults():
                if not collected.complete:
                    raise
        reply = collected.reply()
        self._answered = True
        return reply

    def _circumstances(self, client: anthropic.AsyncAnthropic) -> Circumstances:
        return Circumstances(self._name, str(client.base_url), answered=self._answered)

    def _wait_or_raise(self, fault: Fault, failures: int, client: anthropic.AsyncAnthropic) -> float:
        """Seconds to wait before the next try, if there is to be one.

        Raises:
            ModelError: there is not; `ModelUnusable` when that goes for every request.
        """
        if fault.remedy is Remedy.STOP:
            raise ModelUnusable(fault.message)
        if fault.remedy is Remedy.GIVE_UP:
            raise ModelError(fault.message)
        if fault.unreachable is None:
            self._reached = True
        elif not self._reached and failures >= min(FIRST_CONTACT_TRIES, self._max_tries):
            raise ModelUnusable(cannot_reach(str(client.base_url), fault.unreachable))
        if failures >= self._max_tries:
            tries = "1 try" if failures == 1 else f"{failures} tries"
            raise ModelError(f"{fault.message}, gave up after {tries}")
        return retry_wait(failures, fault.retry_after, random.random())  # noqa: S311 - spreads load, hides nothing


async def _events(
    stream: anthropic.AsyncStream[RawMessageStreamEvent],
) -> AsyncGenerator[Mapping[str, Any], None]:
    """The events of a stream as plain JSON."""
    any_came = False
    try:
        async for raw in stream.raw_events(stream.response):
            if raw.data:
                any_came = True
                yield parse_event(raw.event, raw.data)
    except UnicodeDecodeError as error:
        raise MalformedStream(str(error)) from None
    content_type = stream.response.headers.get("content-type", "nothing")
    if not any_came and "event-stream" not in content_type:
        raise NotAStream(content_type)


def _request_faults() -> tuple[type[Exception], ...]:
    """What a request that fails raises. Nothing else is caught: it would be a mistake of this program."""
    import anthropic
    import httpx2

    return (anthropic.AnthropicError, httpx2.HTTPError, StreamFault)
