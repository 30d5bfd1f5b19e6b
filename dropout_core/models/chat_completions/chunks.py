"""Chunks of a streamed reply of Chat Completions, read as events of the Messages API.

They are read as plain JSON: servers differ in what they add, and where they put what a model thinks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dropout_core.models.chat_completions.request_body import REASONING_FIELD
from dropout_core.models.errors.stream_errors import OtherApi
from dropout_core.models.stop_reasons import REFUSED, TOKEN_LIMIT
from dropout_core.models.streaming.reply_stream import END_OF_OTHERS, parse_event

REASONING_FIELDS = ("reasoning_content", "reasoning")
"""Fields that hold what a model thinks: of most servers, and of newer ones."""
STOP_REASONS: Mapping[str, str] = {
    "stop": "end_turn",
    "length": TOKEN_LIMIT,
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": REFUSED,
}
"""Reason of the one API -> reason of the other; further ones stay as they are."""

Event = Mapping[str, Any]


class ChunkReader:
    """Reads the chunks of one reply."""

    def __init__(self) -> None:
        self._model: str | None = None
        self._kind = ""
        """Kind of the block that is being written: ``text``, ``thinking``, or ``tool_use``."""
        self._index = -1
        self._calls: dict[int, tuple[int, str]] = {}
        """Call of the reply -> its block, and the id that the server gave it."""
        self._refusal: list[str] = []

    def __call__(self, name: bytes, data: bytes) -> Iterable[Event]:
        """Events of the Messages API for one of the stream; see `dropout_core.models.streaming.reply_stream`.

        Raises:
            OtherApi: the server speaks the Messages API.
            ErrorEvent: the server's word that it failed.
            MalformedStream: it cannot be read.
        """
        if data.strip() == END_OF_OTHERS:
            return ({"type": "end_of_others"},)
        return list(self._events(parse_event(name, data)))

    def _events(self, chunk: Event) -> Iterator[Event]:
        if error := _error_of(chunk):
            yield {"type": "error", "error": error}
            return
        if "choices" not in chunk and "message" in str(chunk.get("type")):
            raise OtherApi("Anthropic's Messages API", "anthropic")
        if isinstance(name := chunk.get("model"), str) and name and name != self._model:
            self._model = name
            yield {"type": "message_start", "message": {"model": name}}
        for choice in _objects(chunk.get("choices")):
            # A reply that came as one document has a message in place of a delta.
            piece = choice.get("delta") or choice.get("message")
            if isinstance(piece, Mapping):
                yield from self._piece(piece, str(chunk.get("id") or "call"))
            if isinstance(reason := choice.get("finish_reason"), str) and reason:
                yield {"type": "message_delta", "delta": self._stop(reason)}
        if isinstance(usage := chunk.get("usage"), Mapping):
            yield {"type": "message_delta", "usage": usage_of(usage)}

    def _stop(self, reason: str) -> dict[str, Any]:
        if self._refusal:
            return {"stop_reason": REFUSED, "stop_details": {"explanation": "".join(self._refusal)}}
        if reason == "stop" and self._calls:
            reason = "tool_calls"  # as some servers end a call that they were asked for
        return {"stop_reason": STOP_REASONS.get(reason, reason)}

    def _piece(self, piece: Event, reply: str) -> Iterator[Event]:
        field = next((field for field in REASONING_FIELDS if _text(piece.get(field))), None)
        if field is not None:
            yield from self._written("thinking", piece[field], {REASONING_FIELD: field})
        match piece.get("content"):
            case str(text):
                yield from self._written("text", text)
            case [*parts]:
                for part in _objects(parts):
                    yield from self._part(part)
        if refusal := _text(piece.get("refusal")):
            self._refusal.append(refusal)
            yield from self._written("text", refusal)
        for position, call in enumerate(_objects(piece.get("tool_calls"))):
            yield from self._call(call, position, reply)

    def _part(self, part: Event) -> Iterator[Event]:
        """A part of a content that is a list: text, or thinking that is itself such a list."""
        match part:
            case {"thinking": [*parts]}:
                for inner in _objects(parts):
                    yield from self._written("thinking", _text(inner.get("text")))
            case {"thinking": str(text)}:
                yield from self._written("thinking", text)
            case {"text": str(text)}:
                yield from self._written("text", text)

    def _written(self, kind: str, text: str, further: Event | None = None) -> Iterator[Event]:
        """A piece of text or of thinking, in the block that is being written or in a new one."""
        if not text:
            return
        if kind != self._kind:
            yield self._begun(kind, {"type": kind, kind: "", **(further or {})})
        yield {
            "type": "content_block_delta",
            "index": self._index,
            "delta": {"type": f"{kind}_delta", kind: text},
        }

    def _call(self, call: Event, position: int, reply: str) -> Iterator[Event]:
        """A piece of a call of a tool. Some servers number calls from 0 each time, and only the id is another."""
        number = call.get("index")
        number = number if isinstance(number, int) else position
        function = call.get("function")
        function = function if isinstance(function, Mapping) else {}
        given = _text(call.get("id"))
        block, known = self._calls.get(number, (-1, ""))
        if block < 0 or (given and known and given != known):
            block = self._index + 1
            id_ = given or f"{reply}-{block}"
            self._calls[number] = block, given
            further = {key: value for key, value in call.items() if key not in _OF_A_CALL}
            name = _text(function.get("name"))
            yield self._begun("tool_use", {**further, "type": "tool_use", "id": id_, "name": name})
        arguments = function.get("arguments")
        if arguments and not isinstance(arguments, str):
            arguments = json.dumps(arguments)
        if arguments:
            yield {
                "type": "content_block_delta",
                "index": block,
                "delta": {"type": "input_json_delta", "partial_json": arguments},
            }

    def _begun(self, kind: str, block: Event) -> Event:
        self._kind = kind
        self._index += 1
        return {"type": "content_block_start", "index": self._index, "content_block": block}


_KINDS = {
    "400": "invalid_request_error",
    "401": "authentication_error",
    "402": "billing_error",
    "403": "permission_error",
    "404": "not_found_error",
    "429": "rate_limit_error",
    "503": "overloaded_error",
}
"""Code of an error in the middle of a stream, which is a status there -> its type in the Messages API."""
_OF_A_CALL = frozenset({"index", "id", "type", "function"})


def usage_of(usage: Event) -> dict[str, Any]:
    """Token counts as the Messages API names them; there, what came from a cache is counted beside the input."""
    given, read = usage.get("prompt_tokens"), _detail(usage, "prompt_tokens_details", "cached_tokens")
    written = _detail(usage, "prompt_tokens_details", "cache_write_tokens")
    if isinstance(given, int):
        given = max(0, given - sum(part for part in (read, written) if isinstance(part, int)))
    return {
        "input_tokens": given,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "output_tokens": usage.get("completion_tokens"),
        "output_tokens_details": {
            "thinking_tokens": _detail(usage, "completion_tokens_details", "reasoning_tokens")
            or usage.get("reasoning_tokens")
        },
    }


def _detail(usage: Event, group: str, name: str) -> object:
    details = usage.get(group)
    return details.get(name) if isinstance(details, Mapping) else None


def _error_of(chunk: Event) -> object:
    """The server's error, in the forms in which it comes in the middle of a stream."""
    match error := chunk.get("error"):
        case {"code": code, **said}:
            return {"type": _KINDS.get(str(code), said.get("type")), "message": said.get("message")}
    if error:
        return error
    if chunk.get("object") == "error" or chunk.get("type") == "error":
        return {"type": chunk.get("type"), "message": chunk.get("message")}
    return None


def _objects(values: object) -> list[Event]:
    return [value for value in values if isinstance(value, Mapping)] if isinstance(values, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
