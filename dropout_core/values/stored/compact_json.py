"""Compact JSON, as stored."""

from __future__ import annotations

import json


def _no_number(word: str) -> float:
    raise ValueError(word)


STRICT = json.JSONDecoder(parse_constant=_no_number)
"""Decoder of standard JSON, without NaN and infinities."""
dump = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
"""JSON text of a plain value: ASCII, because SQLite cannot hold the lone surrogates and NULs a reply may contain."""
