"""A Messages API that streams at a steady pace to any number of clients at once, and does little else.

    python -m benchmarks.streaming_server --pace 10 --deltas 300

It prints its address in one line and serves until its input ends. It runs in a process of its own, so that its work is
not taken for that of who is measured. Each event of a reply is encoded once, before the first request.

``GET /sent`` tells what has been sent so far: ``{"deltas": …, "streams": …}``, `streams` being those under way.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.grading.answers import RIGHT, WRONG

TICK = 0.01
"""Seconds between two looks at what is due."""
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
PROSE = (
    "The",
    "mask",
    "is",
    "drawn",
    "anew",
    "and",
    "what",
    "survives",
    "is",
    "scaled",
    "to",
    "keep",
    "the",
    "mean",
    ".",
)


def chunks_of(text: Sequence[str]) -> tuple[bytes, ...]:
    """A streamed reply, each event as a chunk of HTTP."""
    message: dict[str, Any] = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "streaming", "content": [],
        "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 300, "output_tokens": 1},
    }  # fmt: skip
    ending = {"stop_reason": "end_turn", "stop_sequence": None}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
            for piece in text
        ),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": ending, "usage": {"output_tokens": len(text)}},
        {"type": "message_stop"},
    ]
    return (*map(_chunk, events), b"0\r\n\r\n")


def _chunk(event: dict[str, Any]) -> bytes:
    data = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(data), data)


def texts(deltas: int) -> list[list[str]]:
    """Replies in `deltas` pieces of text: prose, and code at their end. Every fourth is right, as in the band."""
    replies = []
    for code in (WRONG, RIGHT[0], WRONG, WRONG):
        pieces = [f"{line}\n" for line in ("```python", *code.strip().splitlines(), "```")]
        prose = [f"{PROSE[number % len(PROSE)]} " for number in range(max(0, deltas - len(pieces) - 1))]
        replies.append([*prose, "\n\n", *pieces])
    return replies


def piece_length(deltas: int) -> float:
    """Characters of a piece of text, on average."""
    pieces = [piece for text in texts(deltas) for piece in text]
    return sum(map(len, pieces)) / len(pieces)


@dataclass(slots=True)
class Stream:
    """One reply under way."""

    transport: asyncio.Transport
    chunks: tuple[bytes, ...]
    sent: int = 0


class Streams:
    """All replies under way. Each is due once in `period` ticks; which tick spreads them evenly."""

    def __init__(self, pace: float, deltas: int) -> None:
        """`pace` is in pieces of text a second for each stream."""
        self.deltas = 0
        """Pieces of text sent so far."""
        self._replies = [chunks_of(text) for text in texts(deltas)]
        self._begun = 0
        self._due: list[list[Stream]] = [[] for _ in range(max(1, round(1 / pace / TICK)))]

    def __len__(self) -> int:
        return sum(map(len, self._due))

    def begin(self, transport: asyncio.Transport) -> None:
        """Answer over `transport`."""
        stream = Stream(transport, self._replies[self._begun % len(self._replies)])
        self._begun += 1
        # What comes before the text goes out at once.
        transport.write(HEAD + b"".join(stream.chunks[:2]))
        stream.sent = 2
        min(self._due, key=len).append(stream)

    async def run(self) -> None:
        """Send what is due, for ever."""
        loop = asyncio.get_running_loop()
        due_at = loop.time()
        tick = 0
        while True:
            due_at += TICK
            await asyncio.sleep(max(0.0, due_at - loop.time()))
            slot = tick % len(self._due)
            self._due[slot] = [stream for stream in self._due[slot] if self._goes_on(stream)]
            tick += 1

    def _goes_on(self, stream: Stream) -> bool:
        if stream.transport.is_closing():
            return False
        last = len(stream.chunks) - 4
        if stream.sent < last:
            stream.transport.write(stream.chunks[stream.sent])
            stream.sent += 1
            self.deltas += 1
            return True
        stream.transport.write(b"".join(stream.chunks[last:]))
        return False


class Connection(asyncio.Protocol):
    """Reads requests, one after the other."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._read = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what is written to."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer once a request is whole."""
        self._read += data
        head, found, rest = self._read.partition(b"\r\n\r\n")
        if not found or self._transport is None:
            return
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        if len(rest) < length:
            return
        self._read = rest[length:]
        if head.startswith(b"GET "):
            body = json.dumps({"deltas": self._streams.deltas, "streams": len(self._streams)}).encode()
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        else:
            self._streams.begin(self._transport)


class StreamingServer:
    """The server in a process of its own."""

    def __init__(self, pace: float, deltas: int) -> None:
        """Start it; replies have so many `deltas`, of which each stream gets `pace` a second."""
        command = [sys.executable, "-m", __spec__.name, "--pace", str(pace), "--deltas", str(deltas)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        """Its address."""

    def sent(self) -> dict[str, int]:
        """What it has sent so far."""
        with urllib.request.urlopen(f"{self.url}/sent", timeout=10) as response:
            told: dict[str, int] = json.load(response)
            return told

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()


async def serve(pace: float, deltas: int) -> None:
    """Listen on a free port of 127.0.0.1 until the input ends."""
    loop = asyncio.get_running_loop()
    streams = Streams(pace, deltas)
    server = await loop.create_server(lambda: Connection(streams), "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    ticking = asyncio.create_task(streams.run())
    await loop.run_in_executor(None, sys.stdin.read)
    ticking.cancel()


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description="Stream replies at a steady pace.")
    parser.add_argument("--pace", type=float, default=10, help="pieces of text a second, for each stream")
    parser.add_argument("--deltas", type=int, default=300, help="pieces of text in a reply")
    options = parser.parse_args()
    asyncio.run(serve(options.pace, options.deltas))


if __name__ == "__main__":
    main()
