"""Server-sent events out of the bytes of a response, as the HTML standard describes them (section 9.2.6).

The SDK can do that too, at several times the cost: with hundreds of streams in one event loop, that would delay the
response to a key.
"""

from __future__ import annotations

from typing import NamedTuple

LONGEST_EVENT = 4 << 20
"""Bytes of one event. Some servers send a whole reply as one; none is longer than this."""


class OversizedEvent(Exception):
    """An event exceeds the size limit. The argument is the limit in bytes."""


class ServerSentEvent(NamedTuple):
    """One event of a stream, not decoded, so that an unreadable one does not affect those before it."""

    name: bytes
    data: bytes


class EventSplitter:
    """Splits bytes into events as they arrive."""

    def __init__(self, longest: int = LONGEST_EVENT) -> None:
        """`longest` is the most bytes of one event."""
        self._longest = longest
        self._pieces: list[bytes] = []
        self._held = 0

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        """Events that `data` completes; those without data are left out, as the standard has it.

        Raises:
            OversizedEvent: an event goes on and on.
        """
        if not data:
            return []
        self._keep(data)
        if b"\n" not in data and b"\r" not in data and not self._pieces[0].endswith(b"\r"):
            # Joined only when a line ends: a long line comes in thousands of pieces.
            return []
        data, held_back = b"".join(self._pieces), b""
        if b"\r" in data:
            # A last carriage return may be half of a line end.
            if data.endswith(b"\r"):
                data, held_back = data[:-1], b"\r"
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *complete, rest = data.split(b"\n\n")
        self._pieces, self._held = [], 0
        if rest or held_back:
            self._keep(rest + held_back)
        return [event for lines in complete if (event := _event(lines)) is not None]

    def last(self) -> list[ServerSentEvent]:
        """What is left when the stream has ended: the standard drops it, but some servers end without a blank line."""
        rest, self._pieces, self._held = b"".join(self._pieces), [], 0
        event = _event(rest.rstrip(b"\r\n"))
        return [] if event is None else [event]

    def _keep(self, data: bytes) -> None:
        self._pieces.append(data)
        self._held += len(data)
        if self._held > self._longest and b"\n\n" not in data:
            raise OversizedEvent(self._longest)


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
