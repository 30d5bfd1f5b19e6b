"""Message Batches API: requests that are submitted together and answered within a day, at half the price.

A batch has no field for a mark of one's own, and submitting has no idempotency key. What tells one batch from another
is the ids of its requests, which the server gives back with their results only, when the whole batch has ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from dropout_core.models import REFUSED, ModelError, ModelUnusable, Reply, Request, TryAgain
from dropout_core.models.anthropic.errors import diagnose
from dropout_core.models.anthropic.request_body import request_body
from dropout_core.models.errors.model_errors import error_of, never_reached
from dropout_core.models.errors.request_failure import Circumstances, Fault, Remedy
from dropout_core.models.errors.status_errors import refused_options
from dropout_core.models.errors.stream_errors import ErrorEvent, MalformedStream, StreamFault
from dropout_core.models.http.credentials import one_line, shown_url
from dropout_core.models.http.proxies import proxy_of
from dropout_core.models.http.size_limits import ReplyBounds
from dropout_core.models.retry.stall_timeout import Silence, hearing_from
from dropout_core.models.streaming.reply_stream import ReplyStream
from dropout_core.models.streaming.whole_reply import events_of

if TYPE_CHECKING:
    import anthropic
    from anthropic.types.messages import MessageBatch

MOST_REQUESTS = 100_000
"""Most requests of one batch."""
MOST_BYTES = 200_000_000
"""Most bytes of one batch, below the 256 MB that the API takes."""
ANSWER_SECONDS = 120.0
"""Seconds in which a server must say something."""
SUBMIT_SECONDS = 900.0
"""Seconds that submitting may take: a large batch is uploaded first."""
_PAGE = 100
_Answer = TypeVar("_Answer")
_LASTING = ("invalid_request_error", "not_found_error", "request_too_large")


class MaybeSubmitted(TryAgain):
    """The server may have taken the batch, or not: its answer did not arrive."""


class BatchGone(ModelError):
    """The server does not know the batch, or has its results no longer."""


@dataclass(frozen=True, slots=True)
class SeenBatch:
    """A batch as its server describes it."""

    id: str
    created_at: float
    expires_at: float
    requests: int
    done: int
    """Number of requests that are answered, or never will be."""
    ended: bool
    has_results: bool
    """Whether its results can be read."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What one request of a batch came to."""

    custom_id: str
    outcome: Mapping[str, Any]
    """As the server writes it: ``type`` and, if that is ``succeeded`` or ``errored``, a message or an error."""


class MessageBatches:
    """The batches of one server, for one model."""

    def __init__(self, model: str, client: Callable[[], Awaitable[anthropic.AsyncAnthropic]]) -> None:
        """`client` gives the SDK's client."""
        self._model = model
        self._client = client
        self._reached = False
        self._answered = False
        self._replied = False

    async def create(self, requests: Mapping[str, Request]) -> SeenBatch:
        """Submit a batch of requests, by their ids.

        Raises:
            MaybeSubmitted: it is not known whether the server has taken it.
            TryAgain: the server has not taken it; it may later.
            ModelUnusable: it never will.
        """
        bodies = [
            {"custom_id": custom_id, "params": request_body(self._model, request)}
            for custom_id, request in requests.items()
        ]
        fields = frozenset({"max_tokens"}.union(*(request.fields for request in requests.values())))

        async def submit(client: anthropic.AsyncAnthropic) -> SeenBatch:
            return _seen(await client.messages.batches.create(requests=bodies))  # type: ignore[arg-type]

        return await self._call(submit, SUBMIT_SECONDS, fields=fields, submits=True)

    async def retrieve(self, id_: str) -> SeenBatch:
        """The batch as it is now.

        Raises:
            TryAgain: the server may say later.
            BatchGone: it does not know the batch.
            ModelUnusable: it will never say.
        """

        async def ask(client: anthropic.AsyncAnthropic) -> SeenBatch:
            return _seen(await client.messages.batches.retrieve(id_))

        return await self._call(ask, ANSWER_SECONDS)

    async def created_since(self, at: float) -> Sequence[SeenBatch]:
        """The server's batches that were created at this time or later.

        Raises:
            TryAgain: the server may say later.
            BatchGone: it has no list of batches.
            ModelUnusable: it will never say.
        """

        async def ask(client: anthropic.AsyncAnthropic) -> list[SeenBatch]:
            found: list[SeenBatch] = []
            async for batch in client.messages.batches.list(limit=_PAGE):  # the newest first
                seen = _seen(batch)
                if seen.created_at < at:
                    break
                found.append(seen)
            return found

        return await self._call(ask, ANSWER_SECONDS)

    async def cancel(self, id_: str) -> None:
        """Have the server answer no more of a batch.

        Raises:
            TryAgain: it may do so later.
            ModelError: it does not.
        """

        async def ask(client: anthropic.AsyncAnthropic) -> None:
            await client.messages.batches.cancel(id_)

        await self._call(ask, ANSWER_SECONDS)

    async def results(self, id_: str) -> AsyncGenerator[BatchResult, None]:
        """The results of a batch that has ended, as they arrive, in any order.

        Raises:
            TryAgain: they broke off, or cannot be read; they may be asked for again.
            BatchGone: the server has them no longer.
            ModelUnusable: it will never give them.
        """
        from anthropic._decoders.jsonl import AsyncJSONLDecoder
        from anthropic.types.messages import MessageBatchIndividualResponse

        client = await self._client()
        try:
            async with hearing_from(ANSWER_SECONDS, ANSWER_SECONDS) as hearing:
                # At the server's own address, wherever `results_url` points to: the key goes with the request.
                lines = await client.get(
                    f"/v1/messages/batches/{quote(id_, safe='')}/results",
                    cast_to=AsyncJSONLDecoder[MessageBatchIndividualResponse],
                    options={"headers": {"Accept": "application/binary"}},
                    stream=True,
                )
                # Not by the decoder itself, which reads 64 bytes at a time.
                async with contextlib.aclosing(lines.http_response) as response:
                    async for line in _lines(response.aiter_bytes()):
                        hearing.heard(ANSWER_SECONDS)
                        yield _result(line)
                        await asyncio.sleep(0)  # what has arrived may be a lot
        except _faults() as error:
            raise self._error(error, client, frozenset(), submits=False) from None
        self._answered = True

    def reply(self, result: BatchResult, request: Request) -> Reply:
        """The reply that a result holds.

        Raises:
            TryAgain: there is none, and the same request may be answered in another batch.
            ModelError: nor would another batch answer it.
            ModelUnusable: nor would it answer any other request.
        """
        collected = ReplyStream(self._model, lambda _: None, ReplyBounds.of(request.max_tokens))
        try:
            match result.outcome:
                case {"type": "succeeded", "message": Mapping() as message}:
                    collected.feed(events_of(json.dumps(message).encode()))
                    reply = collected.reply()
                case {"type": "errored", "error": {"error": {"type": str(kind), "message": str(said)}}}:
                    raise ErrorEvent(kind, said)
                case {"type": "expired"}:
                    raise TryAgain("expired in its batch")
                case {"type": "canceled"}:
                    raise ModelError("its batch was cancelled at the server")
                case _:
                    raise MalformedStream(str(result.outcome.get("type")))
        except StreamFault as fault:
            raise self._not_answered(fault, request) from None
        self._replied = True
        return reply

    def _not_answered(self, fault: StreamFault, request: Request) -> ModelError:
        """What it means that a batch has brought no reply to a request."""
        said = one_line(str(fault))
        fields = frozenset({"max_tokens", *request.fields})
        if isinstance(fault, ErrorEvent) and fault.kind in _LASTING:
            if fault.kind == "not_found_error" and self._model in said:
                return ModelUnusable(f"the server does not know the model {self._model!r}; check --model")
            options = () if self._replied else refused_options(said, fields)
            if options:
                return ModelUnusable(f"{REFUSED} ({said}); check {' and '.join(options)}")
            return ModelError(f"API refused the request: {said}")
        return error_of(diagnose(fault, Circumstances(self._model, "", answered=True, fields=fields)))

    async def _call(
        self,
        ask: Callable[[anthropic.AsyncAnthropic], Awaitable[_Answer]],
        seconds: float,
        *,
        fields: frozenset[str] = frozenset(),
        submits: bool = False,
    ) -> _Answer:
        client = await self._client()
        try:
            async with hearing_from(seconds, seconds):
                answer = await ask(client)
        except _faults() as error:
            raise self._error(error, client, fields, submits=submits) from None
        self._reached = self._answered = True
        return answer

    def _error(
        self, error: Exception, client: anthropic.AsyncAnthropic, fields: frozenset[str], *, submits: bool
    ) -> ModelError:
        """What a failed call means."""
        import anthropic

        base_url = str(client.base_url)
        status = error.status_code if isinstance(error, anthropic.APIStatusError) else None
        if status in (404, 405, 501):
            if submits:
                return ModelUnusable(
                    f"{shown_url(base_url)} takes no message batches ({status}); run without --batch"
                )
            return BatchGone(f"the server does not know it ({status})")
        if isinstance(error, (ValueError, AttributeError)):
            kind = MaybeSubmitted if submits else TryAgain
            return kind("the server's answer is malformed")
        proxy = proxy_of(base_url)
        fault = diagnose(
            error, Circumstances(self._model, base_url, answered=self._answered, fields=fields, proxy=proxy)
        )
        if fault.unreachable is not None and not self._reached:
            return never_reached(fault, fault.unreachable, base_url)
        self._reached = self._reached or fault.unreachable is None
        return _as_error(fault, maybe=submits and _may_have_arrived(status, fault))


def _may_have_arrived(status: int | None, fault: Fault) -> bool:
    """Whether the server may have done what it was asked, although it did not say so."""
    return fault.unreachable is None and (status is None or status in (408, 409) or status >= 500)


def _as_error(fault: Fault, *, maybe: bool) -> ModelError:
    """The error for a call of the API; where there is no point in trying it again, no other call will do."""
    if maybe and fault.remedy is not Remedy.STOP:
        return MaybeSubmitted(fault.message, said=fault.said, retry_after=fault.retry_after)
    return error_of(fault) if fault.remedy is Remedy.RETRY else ModelUnusable(fault.message)


def _seen(batch: MessageBatch) -> SeenBatch:
    counts = batch.request_counts
    done = counts.succeeded + counts.errored + counts.canceled + counts.expired
    return SeenBatch(
        id=batch.id,
        created_at=batch.created_at.timestamp(),
        expires_at=batch.expires_at.timestamp(),
        requests=counts.processing + done,
        done=done,
        ended=batch.processing_status == "ended",
        has_results=batch.results_url is not None and batch.archived_at is None,
    )


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The lines of a body that arrives in pieces."""
    begun: list[bytes] = []
    async for piece in pieces:
        *ended, rest = piece.split(b"\n")
        for line in ended:
            yield b"".join((*begun, line))
            begun.clear()
        begun.append(rest)
    yield b"".join(begun)


def _result(line: bytes) -> BatchResult:
    """A line of results; of one that is none, a result that belongs to no request.

    Raises:
        ValueError: it is not JSON.
    """
    match json.loads(line or b"null"):
        case {"custom_id": str(custom_id), "result": dict() as outcome}:
            return BatchResult(custom_id, outcome)
        case _:
            return BatchResult("", {})


def _faults() -> tuple[type[Exception], ...]:
    """Exceptions that a failed call raises, with those of an answer that cannot be read."""
    import anthropic
    import httpx2

    return (anthropic.AnthropicError, httpx2.HTTPError, Silence, ValueError, AttributeError)
