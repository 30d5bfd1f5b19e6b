"""Replies that were escaped once too often, or wrapped in JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from dropout_core.extraction.definition_line import function_name

_ESCAPE = re.compile(r"\\(\\|n|r|t|\"|')")
_MEANING = {"n": "\n", "r": "\r", "t": "\t"}
_FIELDS = ("answer", "code", "solution", "completion", "content", "python", "source")


def unescaped(text: str) -> Iterator[str]:
    """What the text may have been before it was escaped."""
    stripped = text.strip()
    if stripped[:1] in {'"', "{", "["} and stripped[-1:] in {'"', "}", "]"}:
        try:
            value = json.loads(stripped, strict=False)
        except (ValueError, RecursionError):
            value = None
        yield from _texts(value)
    if r"\n" in text:
        yield _ESCAPE.sub(lambda escape: _MEANING.get(escape[1], escape[1]), stripped.strip('"'))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    if isinstance(value, dict):
        yield from (
            value[field] for field in (*_FIELDS, function_name()) if isinstance(value.get(field), str)
        )
