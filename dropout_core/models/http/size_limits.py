"""How much of an answer is read, whatever the server goes on sending."""

from __future__ import annotations

from dataclasses import dataclass

ERROR_BYTES = 64 << 10
"""Of the body of an error, a redirect, or whatever else is no reply."""

_LEAST_BYTES, _BYTES_A_TOKEN = 4 << 20, 1 << 10
_LEAST_CHARACTERS, _CHARACTERS_A_TOKEN = 256 << 10, 64


@dataclass(frozen=True, slots=True)
class ReplyBounds:
    """What one reply may come to: many times what its tokens can take, and never without an end."""

    bytes_: int
    """On the wire, unpacked: an event for each token, its envelope, signs of life."""
    characters: int
    """Of text, thinking and arguments of tools together."""

    @classmethod
    def of(cls, max_tokens: int) -> ReplyBounds:
        """The bounds of a reply to a request for at most `max_tokens`."""
        return cls(
            _LEAST_BYTES + _BYTES_A_TOKEN * max_tokens, _LEAST_CHARACTERS + _CHARACTERS_A_TOKEN * max_tokens
        )
