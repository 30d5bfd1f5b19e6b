"""Server-sent events out of the bytes of a response, as the HTML standard describes them (section 9.2.6).

The SDK reads them too, at several times the cost: with hundreds of streams in one event loop that is what a key waits
for.
"""

from __future__ import annotations

from typing import NamedTuple


class ServerSentEvent(NamedTuple):
    """One event of a stream, not decoded: what cannot be read concerns this event and none before it."""

    name: bytes
    data: bytes


class EventSplitter:
    """Takes bytes as they arrive and gives the events they complete."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        """The events that `data` completes; those without data are left out, as the standard has it."""
        data = self._rest + data
        held_back = b""
        if b"\r" in data:
            # A last carriage return may be half of a line end.
            if data.endswith(b"\r"):
                data, held_back = data[:-1], b"\r"
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *complete, rest = data.split(b"\n\n")
        self._rest = rest + held_back
        return [event for lines in complete if (event := _event(lines)) is not None]


def _event(lines: bytes) -> ServerSentEvent | None:
    name, data = b"", []
    for line in lines.split(b"\n"):
        field, _, value = line.partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
        elif field == b"event":
            name = value.removeprefix(b" ")
    whole = b"\n".join(data)
    return ServerSentEvent(name, whole) if whole else None
