"""Events of a streamed reply, collected into a `Reply`.

The events are read as plain JSON, not as the SDK's classes: unknown types of blocks and events pass through, and it
takes half the time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dropout_core.models import Reply, Usage
from dropout_core.models.errors.stream_errors import (
    EndlessReply,
    ErrorEvent,
    IncompleteStream,
    MalformedStream,
    OtherApi,
)
from dropout_core.models.http.credentials import one_line
from dropout_core.models.http.server_sent_events import ServerSentEvent
from dropout_core.models.http.size_limits import ReplyBounds
from dropout_core.models.streaming.other_apis import CHAT_COMPLETIONS, name_of_api
from dropout_core.models.streaming.token_counts import TokenCounts
from dropout_core.values.conversation import Block, Message, block_from_json

_TEXT_DELTAS = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "signature_delta": ("thinking", "signature"),
    "input_json_delta": ("tool_use", "partial_json"),
}
"""Kind of delta -> the kind of its block, and the field of the delta that holds the text."""

_WRITTEN = ("text", "thinking")
_NO_STOP_REASON = "not_given"
"""Stop reason for a complete reply that does not state one."""
END_OF_OTHERS = b"[DONE]"
"""End marker of streams that follow OpenAI's example; some servers add it to those of the Messages API."""


EventReader = Callable[[bytes, bytes], Iterable[Mapping[str, Any]]]
"""Reads the name and the data of an event on the wire as events of the Messages API."""


class ReplyStream:
    """Collects one reply, event by event."""

    def __init__(
        self,
        model: str,
        on_text: Callable[[str], None],
        bounds: ReplyBounds,
        asked: int = 0,
        read: EventReader | None = None,
    ) -> None:
        """Prepare for a reply of `model` to a request of about `asked` tokens.

        Each piece of text is handed to `on_text` as it arrives. `read` makes events of the Messages API of what is on
        the wire; by default they are on the wire.
        """
        self._read = read or read_event
        self._model = model
        self._bounds = bounds
        self._characters = 0
        self._ended = False
        self._on_text = on_text
        self._blocks: dict[int, _Block] = {}
        self._counts = TokenCounts(asked)
        self._begun = False
        self._stop_reason: str | None = None
        self._stop_details: Mapping[str, Any] = {}
        self._thinking = False
        self._text_seen = False
        self._at_work = False
        self._fresh: list[str] = []
        """Text not passed on yet."""

    @property
    def text_seen(self) -> bool:
        """Whether any text has been passed on."""
        return self._text_seen

    @property
    def thinking(self) -> bool:
        """Whether the model is thinking."""
        return self._thinking

    @property
    def usage(self) -> Usage:
        """Tokens of the reply so far, as the server reported or as estimated."""
        return self._counts.usage(self._characters, begun=self._begun)

    @property
    def complete(self) -> bool:
        """Whether the model has reported its stop. What follows is ignored."""
        return self._stop_reason is not None or self._ended

    @property
    def begun(self) -> bool:
        """Whether a first block has begun."""
        return bool(self._blocks)

    @property
    def ended(self) -> bool:
        """Whether the last event has arrived."""
        return self._ended

    def feed(self, events: Iterable[ServerSentEvent]) -> bool:
        """Take in events that arrived together; unknown ones are passed over. Their text is handed out as one piece.

        Returns:
            Whether any is a part of the reply, and not only a sign of life.

        Raises:
            ErrorEvent: an event is the server's word that it failed.
            OtherApi: one is of another API.
            EndlessReply: there is more than the request asked for.
            MalformedStream: one cannot be read. What came before it is taken in.
        """
        brought_forward, alive = False, True
        try:
            for name, data in events:
                if self._ended:
                    break
                for event in self._read(name, data):
                    self._take_in(event)
                    brought_forward = brought_forward or brings_forward(event)
                    alive = event.get("type") == "ping"
        finally:
            self._hand_out()
        if self._thinking or (alive and not self.begun):
            self._say_that_it_works()
        return brought_forward

    def _take_in(self, event: Mapping[str, Any]) -> None:
        match event:
            case {"type": "content_block_delta", "delta": Mapping() as delta}:
                self._extend(_index(event), delta)
            case {"type": "content_block_start", "content_block": Mapping() as raw}:
                self._begin(_index(event), raw)
                self._thinking = "thinking" in str(raw.get("type"))
                match raw:
                    case {"type": "text", "text": str(text)} if text:
                        self._fresh.append(text)
            case {"type": "content_block_stop"}:
                self._thinking = False
            case {"type": "message_start", "message": Mapping() as message}:
                self._begun = True
                if isinstance(name := message.get("model"), str) and name:
                    self._model = name
                self._take_stop_reason(message)
                self._counts.take_in(message.get("usage"))
            case {"type": "message_delta"}:
                if isinstance(said := event.get("delta"), Mapping):
                    self._take_stop_reason(said)
                self._counts.take_in(event.get("usage"))
            case {"type": "message_stop"}:
                self._ended = True
            case {"type": "end_of_others"}:
                self._ended = bool(self._blocks)
            case {"type": "error"}:
                raise _error_event(event.get("error"))
            case _ if (name := name_of_api(event)) is not None:
                raise OtherApi(name, "openai" if name == CHAT_COMPLETIONS else None)
            case {"error": error} if error and "type" not in event:
                raise _error_event(error)

    def _take_stop_reason(self, said: Mapping[str, Any]) -> None:
        match said:
            case {"stop_reason": str(reason), "stop_details": Mapping() as details} if reason:
                self._stop_reason, self._stop_details = reason, details
            case {"stop_reason": str(reason)} if reason:
                self._stop_reason, self._stop_details = reason, {}

    def reply(self) -> Reply:
        """The complete reply.

        Raises:
            IncompleteStream: neither a stop reason nor the last event has arrived.
        """
        if not self.complete:
            raise IncompleteStream
        return Reply(
            message=Message(
                "assistant", tuple(self._blocks[index].finish() for index in sorted(self._blocks))
            ),
            stop_reason=self._stop_reason or _NO_STOP_REASON,
            usage=self.usage,
            model=self._model,
            refusal_category=_said(self._stop_details.get("category"), 60),
            refusal_explanation=_said(self._stop_details.get("explanation"), 500),
        )

    def _begin(self, index: int, raw: Mapping[str, Any]) -> None:
        self._begun = True
        self._blocks[index] = _Block(raw)
        # What is whole from the beginning, as in a reply that came as one document.
        self._add_characters(sum(len(raw[name]) for name in _WRITTEN if isinstance(raw.get(name), str)))
        if raw.get("input"):
            self._add_characters(len(json.dumps(raw["input"])))

    def _add_characters(self, more: int) -> None:
        self._characters += more
        if self._characters > self._bounds.characters:
            raise EndlessReply(f"{self._bounds.characters:,} characters")

    def _extend(self, index: int, delta: Mapping[str, Any]) -> None:
        kind = delta.get("type")
        if kind == "citations_delta" and index in self._blocks:
            self._blocks[index].cite(delta.get("citation"))
        if kind not in _TEXT_DELTAS:
            return
        block_type, field = _TEXT_DELTAS[kind]
        piece = delta.get(field)
        if not isinstance(piece, str) or not piece:
            return
        self._add_characters(len(piece))
        if index not in self._blocks:
            self._begin(index, {"type": block_type})
        self._blocks[index].add(field, piece)
        if kind == "text_delta":
            self._fresh.append(piece)

    def _say_that_it_works(self) -> None:
        """Pass on an empty piece of text, once, while the model thinks or the server only sends signs of life."""
        if not self._at_work:
            self._at_work = True
            self._on_text("")

    def _hand_out(self) -> None:
        if self._fresh:
            self._at_work = False
            text, self._fresh = "".join(self._fresh), []
            self._text_seen = True
            self._on_text(text)


class _Block:
    """One block while it arrives: its start, and the pieces since."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw
        self._pieces: dict[str, list[str]] = {}
        self._citations: list[object] = []

    def add(self, field: str, piece: str) -> None:
        self._pieces.setdefault(field, []).append(piece)

    def cite(self, citation: object) -> None:
        self._citations.append(citation)

    def finish(self) -> Block:
        raw = dict(self._raw)
        if self._citations:
            raw["citations"] = [*(raw.get("citations") or ()), *self._citations]
        for field, pieces in self._pieces.items():
            text = "".join(pieces)
            if field == "partial_json":
                raw["input"] = _tool_input(text)
            else:
                raw[field] = str(raw.get(field) or "") + text
        if raw.get("type") == "tool_use":
            raw.setdefault("input", {})
        return block_from_json(raw)


def _tool_input(text: str) -> Mapping[str, Any]:
    """Arguments of a tool call; anything other than a JSON object is kept under ``_raw``."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {"_raw": text}
    return value if isinstance(value, dict) else {"_raw": text}


def _error_event(error: object) -> ErrorEvent:
    """The server's error, also in forms other than the API's."""
    if isinstance(error, Mapping):
        return ErrorEvent(str(error.get("type") or "error"), str(error.get("message") or ""))
    return ErrorEvent("error", error if isinstance(error, str) else "")


def _said(value: object, limit: int) -> str | None:
    """The server's words, if they are text, on one line."""
    return (one_line(value, limit) or None) if isinstance(value, str) else None


def _index(event: Mapping[str, Any]) -> int:
    """Position of the event's block."""
    index = event.get("index")
    return index if isinstance(index, int) else 0


def brings_forward(event: Mapping[str, Any]) -> bool:
    """Whether the event is part of the reply, not only a sign of life."""
    return str(event.get("type")).startswith(("content_block", "message_delta", "message_stop"))


def read_event(name: bytes, data: bytes) -> Iterable[Mapping[str, Any]]:
    """The event of the stream, or the end marker of others'."""
    return ({"type": "end_of_others"} if data.strip() == END_OF_OTHERS else parse_event(name, data),)


def parse_event(name: bytes, data: bytes) -> Mapping[str, Any]:
    """An event of the stream as JSON; what is not an object becomes an event of no type.

    Args:
        name: the event's name on the wire, which matters for errors only: each event also holds its type.
        data: its JSON.

    Raises:
        ErrorEvent: an error's `data` is not JSON.
        MalformedStream: nor is that of another event.
    """
    try:
        value = json.loads(data.decode(errors="replace"))
    except (ValueError, RecursionError) as error:
        if name == b"error":
            raise ErrorEvent("error", data.decode(errors="replace")) from None
        raise MalformedStream(str(error)) from None
    event = value if isinstance(value, dict) else {}
    return {**event, "type": "error"} if name == b"error" else event
