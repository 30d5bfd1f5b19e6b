"""JSON as the store keeps it."""

from __future__ import annotations

import json


def _no_number(word: str) -> float:
    raise ValueError(word)


STRICT = json.JSONDecoder(parse_constant=_no_number)
"""Reads JSON as it is defined, which has no NaN and no infinities."""
dump = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
"""The text of a plain value: ASCII, because SQLite cannot hold the lone surrogates and NULs a reply may contain."""
