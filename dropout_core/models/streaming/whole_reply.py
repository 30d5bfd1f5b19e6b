"""Reply that came as one JSON document although a stream was requested, as from caches and mocks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dropout_core.models.http.server_sent_events import ServerSentEvent

_OF_THE_END = ("stop_reason", "stop_details", "stop_sequence")


def looks_like_json(beginning: bytes) -> bool:
    """Whether a body that begins like this is a JSON object. No line of an event stream begins with a brace."""
    return beginning.lstrip().startswith(b"{")


def events_of(body: bytes) -> list[ServerSentEvent]:
    """The document as the events of a stream; a document that is not a message is itself the only event.

    Raises:
        ValueError: it is not JSON.
    """
    try:
        value = json.loads(body.decode(errors="replace"))
    except RecursionError as error:
        raise ValueError(str(error)) from None
    if isinstance(value, dict) and isinstance(value.get("content"), list) and "choices" not in value:
        events = _of_message(value)
    else:
        events = iter([value])
    return [ServerSentEvent(b"", json.dumps(event).encode()) for event in events]


def _of_message(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield {"type": "message_start", "message": {**message, "content": []}}
    for index, block in enumerate(message["content"]):
        yield {"type": "content_block_start", "index": index, "content_block": block}
        yield {"type": "content_block_stop", "index": index}
    delta = {name: message.get(name) for name in _OF_THE_END}
    yield {"type": "message_delta", "delta": delta, "usage": message.get("usage")}
    yield {"type": "message_stop"}
