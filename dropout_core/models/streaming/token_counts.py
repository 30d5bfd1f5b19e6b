"""Token counts of one reply, as the server reports them, or estimated."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dropout_core.models import Usage

_OF_INPUT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_MOST = 10**9
"""Highest believable count; higher ones are ignored."""
_CHARACTERS_A_TOKEN = 3
"""Lower than for English or code, so that tokens are estimated rather too high."""
_MOST_CHARACTERS_A_TOKEN = 64
"""A count with more characters a token is one from the start of the reply, or of something else."""


def estimated_tokens(characters: int) -> int:
    """Estimated tokens of a text; rather too many than too few."""
    return -(-characters // _CHARACTERS_A_TOKEN)


class TokenCounts:
    """Counts reported so far. Each only grows: some servers report zero at the end."""

    def __init__(self, asked: int) -> None:
        """`asked` is the estimated number of tokens in the request."""
        self._asked = asked
        self._counts: dict[str, int] = {}

    def take_in(self, usage: object) -> None:
        """Take over the counts of a ``usage`` object, in any spelling; anything else is ignored."""
        if not isinstance(usage, Mapping):
            return
        details = usage.get("output_tokens_details")
        thought = details.get("thinking_tokens") if isinstance(details, Mapping) else None
        for name, value in (*usage.items(), ("thinking_tokens", thought)):
            if (count := _count(value)) is not None:
                self._counts[name] = max(count, self._counts.get(name, 0))

    def usage(self, characters: int, *, begun: bool) -> Usage:
        """Tokens of a reply with this many characters; of one that has not `begun`, only what the server reports."""
        given = sum(self._counts.get(name, 0) for name in _OF_INPUT)
        produced = self._counts.get("output_tokens", 0)
        estimated = False
        if begun and not given:
            given, estimated = self._asked, True
        if characters > produced * _MOST_CHARACTERS_A_TOKEN:
            produced, estimated = estimated_tokens(characters), True
        return Usage(
            input_tokens=given,
            output_tokens=produced,
            thinking_tokens=min(produced, self._counts.get("thinking_tokens", 0)),
            cache_read_input_tokens=self._counts.get("cache_read_input_tokens", 0),
            cache_creation_input_tokens=self._counts.get("cache_creation_input_tokens", 0),
            estimated=estimated,
        )


def _count(value: object) -> int | None:
    """A token count, which some servers write as ``50.0`` or ``"50"``."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value) if not isinstance(value, int) else value
    except ValueError:
        return None
    if isinstance(number, float) and not math.isfinite(number):
        return None
    return math.ceil(number) if 0 <= number <= _MOST else None
