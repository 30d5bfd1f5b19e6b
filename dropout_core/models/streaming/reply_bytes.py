"""Bytes of a response, turned into the events of a reply, whatever their form."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from dropout_core.models.errors.stream_errors import EndlessReply, NotAStream, UnreadableEncoding
from dropout_core.models.http.server_sent_events import EventSplitter, OversizedEvent, ServerSentEvent
from dropout_core.models.http.size_limits import ReplyBounds
from dropout_core.models.streaming.whole_reply import events_of, looks_like_json

if TYPE_CHECKING:
    import httpx2

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


async def arrivals(
    response: httpx2.Response, bounds: ReplyBounds
) -> AsyncGenerator[list[ServerSentEvent], None]:
    """Events of a stream, grouped by arrival; an empty group is only a sign of life.

    Raises:
        EndlessReply: there is more than `size_limits` allow.
        NotAStream: it is something else.
        UnreadableEncoding: it is compressed in a way that cannot be undone here.
    """
    _check_encoding(response)
    body = _Body(bounds)
    async with contextlib.aclosing(response.aiter_bytes()) as pieces:
        async for piece in pieces:
            yield body.feed(piece)
    yield body.last(response.headers.get("content-type", "nothing"))


class _Body:
    """The body received so far."""

    def __init__(self, bounds: ReplyBounds) -> None:
        self._bounds = bounds
        self._size = 0
        self._beginning = b""
        self._document: list[bytes] | None = None
        """Pieces of a body that is a single JSON document, not a stream."""
        self._splitter = EventSplitter()
        self._any_came = False

    def feed(self, piece: bytes) -> list[ServerSentEvent]:
        self._size += len(piece)
        if self._size > self._bounds.bytes_:
            raise EndlessReply(f"{self._bounds.bytes_ / 1e6:.1f} MB")
        if self._document is None and not self._any_came:
            piece = self._begin(piece)
        if self._document is not None:
            self._document.append(piece)
            return []
        try:
            events = self._splitter.feed(piece)
        except OversizedEvent as error:
            raise EndlessReply(f"{error.args[0] / 1e6:.1f} MB in a single event") from None
        self._any_came = self._any_came or bool(events)
        return events

    def _begin(self, piece: bytes) -> bytes:
        """Determine the kind of body from its first bytes other than spaces."""
        if not self._beginning:
            piece = piece.removeprefix(_BYTE_ORDER_MARK)
            if looks_like_json(piece):
                self._document = []
            self._beginning = piece.strip()[:1]
        return piece

    def last(self, content_type: str) -> list[ServerSentEvent]:
        """Events that the end of the body completes."""
        if self._document is not None:
            try:
                return events_of(b"".join(self._document))
            except ValueError:
                raise NotAStream(content_type) from None
        # A cut-off event only means that the reply is cut off.
        events = [event for event in self._splitter.last() if _is_json(event.data)]
        if not self._any_came and not events and "event-stream" not in content_type:
            raise NotAStream(content_type if self._size else "an empty page")
        return events


def _check_encoding(response: httpx2.Response) -> None:
    """Reject a compression that the client did not ask for."""
    readable = {"", "identity", *_names(response.request.headers.get("accept-encoding", ""))}
    for encoding in _names(response.headers.get("content-encoding", "")):
        if encoding not in readable:
            raise UnreadableEncoding(encoding)


def _names(header: str) -> list[str]:
    return [name.strip() for name in header.lower().split(",")]


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
