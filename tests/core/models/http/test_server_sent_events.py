"""However a stream of events is cut into pieces, the same events come out, and they are those the SDK reads."""

import asyncio
from collections.abc import AsyncIterator

from hypothesis import example, given
from hypothesis import strategies as st

from dropout_core.models.http.server_sent_events import EventSplitter, ServerSentEvent

LINES = st.sampled_from(
    (
        b"event: ping",
        b"event:error",
        b"data: {}",
        b'data:{"a": 1}',
        b"data",
        b"data: \xc3\xa9",
        b": comment",
        b"id: 7",
    )
)
ENDS = st.sampled_from((b"\n", b"\r\n", b"\r"))


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Events whose lines all end alike, as those of any server do; the last one may be cut off."""
    end = draw(ENDS)
    events = draw(st.lists(st.lists(LINES, max_size=4), max_size=5))
    whole = b"".join(line + end for event in events for line in (*event, b""))
    return whole.removesuffix(end) if draw(st.booleans()) else whole


def split(*pieces: bytes) -> list[ServerSentEvent]:
    splitter = EventSplitter()
    return [event for piece in pieces for event in splitter.feed(piece)]


def read_by_the_sdk(data: bytes) -> list[ServerSentEvent]:
    from anthropic._streaming import (
        SSEDecoder,
    )  # a second's work, which not each of pytest's processes need do

    async def pieces() -> AsyncIterator[bytes]:
        yield data

    async def read() -> list[ServerSentEvent]:
        decoder = SSEDecoder()
        return [
            ServerSentEvent((event.event or "").encode(), event.data.encode())
            async for event in decoder.aiter_bytes(pieces())
            if event.data
        ]

    return asyncio.run(read())


@given(streams(), st.data())
def test_events_do_not_depend_on_how_the_bytes_arrive(stream: bytes, data: st.DataObject) -> None:
    places = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    pieces = [stream[start:stop] for start, stop in zip([0, *places], [*places, len(stream)], strict=True)]
    if b"\r" in stream:
        # One by one, a lone carriage return waits for what follows it.
        pieces.append(b"")
    assert split(*pieces) == split(stream)


@given(streams())
@example(b"event: a\ndata: 1\ndata: 2\n\ndata: cut")
@example(b"\n\n\ndata: 1\n\n\n\ndata: 2\n\n")
def test_the_sdk_reads_the_same(stream: bytes) -> None:
    # It takes a last carriage return for a line end at once; whoever splits waits for the next piece.
    whole = stream + b"\n" if stream.endswith(b"\r") else stream
    assert split(whole) == read_by_the_sdk(whole)
