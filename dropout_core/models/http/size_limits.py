"""Size limits for responses, whatever the server sends."""

from __future__ import annotations

from dataclasses import dataclass

ERROR_BYTES = 64 << 10
"""Bytes read of an error or a redirect."""
LIST_BYTES = 4 << 20
"""Bytes read of what a server tells of its models: gateways list many hundreds."""

_LEAST_BYTES, _BYTES_A_TOKEN = 4 << 20, 1 << 10
_LEAST_CHARACTERS, _CHARACTERS_A_TOKEN = 256 << 10, 64


@dataclass(frozen=True, slots=True)
class ReplyBounds:
    """Bounds of one reply: many times what its tokens can take, but finite."""

    bytes_: int
    """Uncompressed bytes: an event for each token, its envelope, and signs of life."""
    characters: int
    """Characters of text, thinking and tool arguments together."""

    @classmethod
    def of(cls, max_tokens: int) -> ReplyBounds:
        """Bounds of a reply to a request for at most `max_tokens`."""
        return cls(
            _LEAST_BYTES + _BYTES_A_TOKEN * max_tokens, _LEAST_CHARACTERS + _CHARACTERS_A_TOKEN * max_tokens
        )
