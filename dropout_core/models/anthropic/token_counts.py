"""The tokens of one reply, as the server counts them, or about as many as there must have been."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dropout_core.models import Usage

_OF_INPUT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_MOST = 10**9
"""No reply has so many; who says so does not count."""
_CHARACTERS_A_TOKEN = 3
"""Fewer than English or code has, so that an estimate errs on the dear side."""
_MOST_CHARACTERS_A_TOKEN = 64
"""A count that leaves more to each is that of the beginning, or of something else."""


def estimated_tokens(characters: int) -> int:
    """About how many tokens so much text has; rather too many than too few."""
    return -(-characters // _CHARACTERS_A_TOKEN)


class TokenCounts:
    """What the server has said so far. Each count only grows: some servers close with a nought."""

    def __init__(self, asked: int) -> None:
        """`asked` is about how many tokens the request has."""
        self._asked = asked
        self._counts: dict[str, int] = {}

    def take_in(self, usage: object) -> None:
        """Take over the counts of a ``usage`` object, in whichever spelling; what is none is passed over."""
        if not isinstance(usage, Mapping):
            return
        details = usage.get("output_tokens_details")
        thought = details.get("thinking_tokens") if isinstance(details, Mapping) else None
        for name, value in (*usage.items(), ("thinking_tokens", thought)):
            if (count := _count(value)) is not None:
                self._counts[name] = max(count, self._counts.get(name, 0))

    def usage(self, characters: int, *, begun: bool) -> Usage:
        """The tokens of a reply of so many characters; of one that has not `begun`, no more than the server says."""
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
    """A number of tokens, as which some servers write ``50.0`` or ``"50"``."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value) if not isinstance(value, int) else value
    except ValueError:
        return None
    if isinstance(number, float) and not math.isfinite(number):
        return None
    return math.ceil(number) if 0 <= number <= _MOST else None
