"""Text of a request that servers of every API take: none is empty, and all of it can be encoded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOTHING_WRITTEN = "(nothing)"
"""Placeholder for a turn without content, which no server accepts."""


def encodable(value: Any) -> Any:
    """`value` with surrogates, which UTF-8 cannot encode, joined into pairs or replaced."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return value
    if isinstance(value, Mapping):
        return {encodable(key): encodable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encodable(item) for item in value]
    return value
