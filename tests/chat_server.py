"""A server on loopback that speaks Chat Completions, for tests: scripted like `tests.messages_server`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.messages_server import Behaviour, MessagesServer

MODEL = "qwen-served-here"
END = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool."""

    name: str
    arguments: Mapping[str, Any]
    id: str = "call_1"


def counts(given: int, produced: int, *, thought: int = 0, read: int = 0) -> dict[str, Any]:
    """Token counts as the API writes them: `given` has those in it that were `read` from a cache."""
    return {
        "prompt_tokens": given,
        "completion_tokens": produced,
        "total_tokens": given + produced,
        "prompt_tokens_details": {"cached_tokens": read},
        "completion_tokens_details": {"reasoning_tokens": thought},
    }


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """A whole reply: streamed if the request says so, else as one JSON object."""

    text: str = ""
    reasoning: str = ""
    reasoning_field: str = "reasoning_content"
    calls: Sequence[ToolCall] = ()
    finish_reason: str = ""
    """By default what the reply ends with."""
    usage: Mapping[str, Any] | None = field(default_factory=lambda: counts(12, 34))
    size: int = 7
    """Characters of a piece."""

    @property
    def _ending(self) -> str:
        return self.finish_reason or ("tool_calls" if self.calls else "stop")

    def message(self) -> dict[str, Any]:
        """The reply as one JSON object."""
        said: dict[str, Any] = {"role": "assistant", "content": self.text or None}
        if self.reasoning:
            said[self.reasoning_field] = self.reasoning
        if self.calls:
            said["tool_calls"] = [
                _written(call, json.dumps(dict(call.arguments)), index)
                for index, call in enumerate(self.calls)
            ]
        choice = {"index": 0, "message": said, "finish_reason": self._ending}
        return {**_HEAD, "object": "chat.completion", "choices": [choice], "usage": self.usage}

    def events(self) -> list[Mapping[str, Any] | bytes]:
        """The reply as chunks of a stream: the counts come last, without a choice."""
        chunks: list[Mapping[str, Any] | bytes] = [chunk(delta) for delta in self._deltas()]
        chunks.append(chunk({}, self._ending))
        if self.usage is not None:
            chunks.append({**chunk({}), "choices": [], "usage": self.usage})
        return [*chunks, END]

    def _deltas(self) -> Iterator[dict[str, Any]]:
        yield {"role": "assistant", "content": ""}
        for piece in _cut(self.reasoning, self.size):
            yield {self.reasoning_field: piece}
        for piece in _cut(self.text, self.size):
            yield {"content": piece}
        for index, call in enumerate(self.calls):
            yield {"tool_calls": [_written(call, "", index)]}
            for piece in _cut(json.dumps(dict(call.arguments)), self.size):
                yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


_HEAD = {"id": "chatcmpl-test", "created": 0, "model": MODEL}


def chunk(delta: Mapping[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    """One chunk of a stream."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {**_HEAD, "object": "chat.completion.chunk", "choices": [choice]}


def _written(call: ToolCall, arguments: str, index: int) -> dict[str, Any]:
    function = {"name": call.name, "arguments": arguments}
    return {"index": index, "id": call.id, "type": "function", "function": function}


def _cut(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


class ChatServer(MessagesServer):
    """Listens on a port of 127.0.0.1, and answers at ``/v1/chat/completions``."""

    greeting: Behaviour = ChatAnswer("hello")
    path = "/v1/chat/completions"

    def error(self, error: Mapping[str, Any]) -> Mapping[str, Any]:
        """The body of an error status."""
        return {"error": {"param": None, "code": None, **error, **(error.get("details") or {})}}

    def written(self, event: Mapping[str, Any]) -> bytes:
        """A chunk as it is on the wire."""
        return f"data: {json.dumps(event)}\n\n".encode()
