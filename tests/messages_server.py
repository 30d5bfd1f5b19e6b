"""A server on loopback that speaks the Messages API over real HTTP and does as it is told, faults included.

    with MessagesServer() as server:
        server.play(Failure(529, "overloaded_error"), Answer("```python\\n…```"))
        ...                                       # point a client at server.url
        assert len(server.requests) == 2

Each request gets the next behaviour that was handed to `play`, and `server.default` when those are used up. The
default may also be a function of the request. A fault is written by cutting the events of a whole answer up:
``Stream([*Answer("hello").events()[:3], DROP])``.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import unquote, urlsplit

MODEL = "claude-test-1"
BATCHES = "/v1/messages/batches"


@dataclass(frozen=True, slots=True)
class Received:
    """One request, as it came."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Mapping[str, Any]


def tool_use(name: str, arguments: Mapping[str, Any], id_: str = "toolu_1") -> dict[str, Any]:
    """A tool call as a block of a message."""
    return {"type": "tool_use", "id": id_, "name": name, "input": dict(arguments)}


def thinking(text: str, signature: str = "c2lnbmVk") -> dict[str, Any]:
    """A thinking block."""
    return {"type": "thinking", "thinking": text, "signature": signature}


def refusal(category: str | None, explanation: str | None = None) -> dict[str, Any]:
    """The details of a refusal, as the API streams them beside the stop reason."""
    return {"type": "refusal", "category": category, "explanation": explanation}


def usage(given: int, produced: int, *, thought: int = 0, read: int = 0, written: int = 0) -> dict[str, Any]:
    """Token counts as the API writes them: `given` is what went in beside the cache."""
    return {
        "input_tokens": given,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "output_tokens": produced,
        "output_tokens_details": {"thinking_tokens": thought},
    }


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole reply: streamed if the request says so, else as one JSON object."""

    text: str = ""
    blocks: Sequence[Mapping[str, Any]] = ()
    """Blocks of any type, before the text."""
    stop_reason: str = "end_turn"
    usage: Mapping[str, Any] = field(default_factory=lambda: {"input_tokens": 12, "output_tokens": 34})
    pieces: int = 4
    """Deltas that each text is cut into."""
    model: str = MODEL
    stop_details: Mapping[str, Any] | None = None
    """What the API says of a refusal: see `refusal`."""

    def message(self) -> dict[str, Any]:
        """The reply as one JSON object."""
        text = [{"type": "text", "text": self.text}] if self.text else []
        return {
            "id": "msg_test",
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [*(dict(block) for block in self.blocks), *text],
            "stop_reason": self.stop_reason,
            "stop_details": self.stop_details,
            "stop_sequence": None,
            "usage": dict(self.usage),
        }

    def events(self) -> list[dict[str, Any]]:
        """The reply as the events of a stream."""
        message = self.message()
        produced = {name: count for name, count in self.usage.items() if name.startswith("output_tokens")}
        input_usage = {name: count for name, count in self.usage.items() if name not in produced}
        start = {**message, "content": [], "stop_reason": None, "stop_details": None}
        start["usage"] = {**input_usage, "output_tokens": 1}
        events: list[dict[str, Any]] = [{"type": "message_start", "message": start}]
        for index, block in enumerate(message["content"]):
            announced, deltas = _announce(block, self.pieces)
            events.append({"type": "content_block_start", "index": index, "content_block": announced})
            events += ({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas)
            events.append({"type": "content_block_stop", "index": index})
        events.append(
            {
                "type": "message_delta",
                "delta": {
                    "stop_reason": self.stop_reason,
                    "stop_details": self.stop_details,
                    "stop_sequence": None,
                },
                "usage": {"output_tokens": 0, **produced},
            }
        )
        events.append({"type": "message_stop"})
        return events


def _announce(block: Mapping[str, Any], pieces: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A block as ``content_block_start`` shows it, and the deltas that fill it."""
    match block:
        case {"type": "text", "text": str(text)}:
            return {**block, "text": ""}, [{"type": "text_delta", "text": p} for p in _cut(text, pieces)]
        case {"type": "thinking", "thinking": str(text), "signature": str(signature)}:
            thoughts = [{"type": "thinking_delta", "thinking": piece} for piece in _cut(text, pieces)]
            announced = {**block, "thinking": "", "signature": ""}
            return announced, [*thoughts, {"type": "signature_delta", "signature": signature}]
        case {"type": "tool_use", "input": arguments}:
            cut = _cut(json.dumps(arguments), pieces)
            return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": p} for p in cut]
        case _:
            return dict(block), []


def _cut(text: str, pieces: int) -> list[str]:
    """`text` in about `pieces` parts of the same length."""
    size = max(1, -(-len(text) // pieces))
    return [text[start : start + size] for start in range(0, len(text), size)]


class Gate:
    """Holds a stream until the test opens it, so that something can be done to a reply that is under way."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        """Set when a stream has come to the gate."""
        self._open = threading.Event()

    def open(self) -> None:
        """Let through what waits and whatever comes later."""
        self._open.set()

    def hold(self, peer_left: Callable[[], bool]) -> bool:
        """Wait for `open`; False if the client went away before."""
        self.reached.set()
        while not self._open.wait(0.02):
            if peer_left():
                return False
        return True


@dataclass(frozen=True, slots=True)
class Pause:
    """A stream stands still for so long."""

    seconds: float


class Drop(Enum):
    """The connection ends without another word."""

    DROP = auto()
    """It is closed."""
    RESET = auto()
    """It is reset, and what was sent last may be lost."""


DROP, RESET = Drop.DROP, Drop.RESET


@dataclass(frozen=True, slots=True)
class Mute:
    """Not a byte comes back until the gate opens, and then the connection is closed."""

    gate: Gate


@dataclass(frozen=True, slots=True)
class Stream:
    """A streamed reply, step by step: events, bytes as they are, gates, pauses, and `DROP` or `RESET`.

    It ends like a whole answer when the steps are used up, whatever they were.
    """

    steps: Sequence[Mapping[str, Any] | bytes | Gate | Pause | Drop]


@dataclass(frozen=True, slots=True)
class Failure:
    """An error status with the API's error object."""

    status: int
    kind: str = "api_error"
    message: str = "something went wrong"
    headers: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Something that is not the Messages API."""

    body: bytes
    content_type: str = "text/html"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes as they are, whether HTTP or not; then others over and over, or the connection is closed."""

    data: bytes
    for_ever: bytes = b""


class Whole(Protocol):
    """A whole reply in the form of some API."""

    def message(self) -> dict[str, Any]: ...

    def events(self) -> Sequence[Mapping[str, Any] | bytes]: ...


Behaviour = Whole | Stream | Failure | Page | Raw | Drop | Mute


def overloaded_event() -> dict[str, Any]:
    """What the API sends when it has to break off a stream."""
    return {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


class MessagesServer:
    """Listens on a port of 127.0.0.1, a free one unless told, from the moment it is made."""

    greeting: Behaviour = Answer("hello")
    path = "/v1/messages"
    """Where requests are answered."""

    def __init__(
        self, default: Behaviour | Callable[[Received], Behaviour] | None = None, *, port: int = 0
    ) -> None:
        self.default = default or self.greeting
        self.requests: list[Received] = []
        self.listed: list[str] = []
        """The paths at which the models were asked for."""
        self.models: dict[str, Any] = {}
        """What is said of a model, by its name, or how it fails; of others nothing."""
        self.counted: int | None = None
        """How many tokens it counts in any prompt; without it cannot count."""
        self.counts: list[Mapping[str, Any]] = []
        """What was to be counted."""
        self.listing: Failure | Gate | None = None
        """How the list of the models fails, or what it waits for."""
        self.hung_up = threading.Event()
        """Set when a client has gone away in the middle of a stream."""
        self._script: deque[Behaviour] = deque()
        self._lock = threading.Lock()
        self._http = _LoopbackServer(self, port)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def play(self, *behaviours: Behaviour) -> None:
        """Answer the next requests so, one each, in order of arrival."""
        with self._lock:
            self._script.extend(behaviours)

    def next_behaviour(self, request: Received) -> Behaviour:
        """What to do with `request`, which is recorded."""
        with self._lock:
            self.requests.append(request)
            if self._script:
                return self._script.popleft()
        return self.default(request) if callable(self.default) else self.default

    def batch_call(
        self, method: str, path: str, body: Mapping[str, Any]
    ) -> tuple[int, bytes] | Failure | Drop:
        """Carry out a call of the Message Batches API, which this server does not speak."""
        return Failure(404, "not_found_error", "Not Found")

    def line_sent(self) -> None:
        """A line of the results of a batch has been sent."""

    def error(self, error: Mapping[str, Any]) -> Mapping[str, Any]:
        """The body of an error status."""
        return {"type": "error", "error": error, "request_id": "req_test"}

    def written(self, event: Mapping[str, Any]) -> bytes:
        """An event as it is on the wire."""
        return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()

    def close(self) -> None:
        """Stop listening and drop every connection."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _LoopbackServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, messages: MessagesServer, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.messages = messages
        self._connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in tuple(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _LoopbackServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if BATCHES in self.path:
            self._send_batch_answer("POST", json.loads(body or b"{}"))
            return
        request = Received(self.path, headers, json.loads(body))
        if self.path == "/v1/messages/count_tokens" and self.server.messages.counted is not None:
            self.server.messages.counts.append(request.body)
            self._send(200, json.dumps({"input_tokens": self.server.messages.counted}).encode())
            return
        # A client with a proxy writes the whole address.
        if urlsplit(self.path).path != self.server.messages.path:
            self._send_failure(Failure(404, "not_found_error", "Not Found"))
            return
        match self.server.messages.next_behaviour(request):
            case Drop() as how:
                self._drop(how)
            case Mute(gate=gate):
                gate.hold(self._peer_left)
                self._drop(DROP)
            case Failure() as failure:
                self._send_failure(failure)
            case Page(body=page, content_type=content_type, status=status, headers=more):
                self._send(status, page, {"content-type": content_type, **more})
            case Raw() as raw:
                self._send_raw(raw)
            case Stream(steps=steps):
                self._send_stream(steps)
            case answer if request.body.get("stream"):
                self._send_stream(answer.events())
            case answer:
                self._send(200, json.dumps(answer.message()).encode())

    def do_GET(self) -> None:
        """What there is to know of a model, of all, or of batches."""
        if BATCHES in self.path:
            self._send_batch_answer("GET", {})
            return
        if urlsplit(self.path).path == "/v1/models":
            self._send_list()
            return
        name = unquote(self.path.removeprefix("/v1/models/"))
        said = self.server.messages.models.get(name, Failure(404, "not_found_error", f"model: {name}"))
        if isinstance(said, Failure):
            self._send_failure(said)
        else:
            self._send(200, json.dumps(said).encode())

    def _send_batch_answer(self, method: str, body: Mapping[str, Any]) -> None:
        match self.server.messages.batch_call(method, self.path, body):
            case Drop() as how:
                self._drop(how)
            case Failure() as failure:
                self._send_failure(failure)
            case (int(status), bytes(answer)):
                self._send(status, b"", length=len(answer))
                lines = answer.splitlines(keepends=True)
                for line in lines:
                    self.wfile.write(line)
                    if len(lines) > 1:
                        self.server.messages.line_sent()

    def _send_list(self) -> None:
        known = self.server.messages
        known.listed.append(self.path)
        match known.listing:
            case Failure() as failure:
                self._send_failure(failure)
                return
            case Gate() as gate if not gate.hold(self._peer_left):
                return
        models = [{"id": name, **said} for name, said in known.models.items() if isinstance(said, dict)]
        self._send(200, json.dumps({"object": "list", "data": models, "has_more": False}).encode())

    def do_CONNECT(self) -> None:
        """As a proxy that is asked for a connection and refuses it."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        match self.server.messages.next_behaviour(Received(self.path, headers, {})):
            case Failure() as failure:
                self._send_failure(failure)
            case _:
                self._drop(DROP)

    def _send(
        self, status: int, body: bytes, headers: Mapping[str, str] | None = None, length: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"content-type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def _send_raw(self, raw: Raw) -> None:
        self.close_connection = True
        try:
            self.wfile.write(raw.data)
            while raw.for_ever:
                self.wfile.write(raw.for_ever)
        except ConnectionError:
            self.server.messages.hung_up.set()

    def _send_failure(self, failure: Failure) -> None:
        error: dict[str, Any] = {"type": failure.kind, "message": failure.message}
        if failure.details is not None:
            error["details"] = dict(failure.details)
        body = self.server.messages.error(error)
        self._send(failure.status, json.dumps(body).encode(), failure.headers)

    def _send_stream(self, steps: Sequence[Mapping[str, Any] | bytes | Gate | Pause | Drop]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        try:
            for step in steps:
                match step:
                    case Drop() as how:
                        self._drop(how)
                        return
                    case Gate():
                        if not step.hold(self._peer_left):
                            raise ConnectionAbortedError
                    case Pause():
                        time.sleep(step.seconds)
                    case bytes():
                        self._send_chunk(step)
                    case _:
                        self._send_chunk(self.server.messages.written(step))
            self._send_chunk(b"")
        except ConnectionError:
            self.server.messages.hung_up.set()
            self.close_connection = True

    def _send_chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _drop(self, how: Drop) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):  # the client may have gone before
            if how is RESET:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                os.close(self.connection.detach())
            else:
                self.connection.shutdown(socket.SHUT_RDWR)

    def _peer_left(self) -> bool:
        """Whether the connection has been closed, by either side."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Say nothing: test output is for tests."""
