"""Text from untrusted code, made safe to show and compare."""

from __future__ import annotations

import re

LONGEST_TEXT = 300
_PASSING = (
    (re.compile(r"\bat 0x[0-9a-f]+", re.IGNORECASE), "at 0x…"),
    (re.compile(r"\b(dropout-|tmp)[a-z0-9_]{8}\b"), r"\1…"),
    (re.compile(r"(?<![\w.])\d{14,}(?![\w.])"), "…"),
)
"""Patterns that differ between processes: addresses, names of temporary files, and results of `id`."""


def settled(text: str) -> str:
    """The text without what differs between processes, so that equal failures read equal."""
    for pattern, instead in _PASSING:
        text = pattern.sub(instead, text)
    return text


def printable(text: str) -> str:
    """One printable line: white space becomes single spaces, and control characters are escaped."""
    line = " ".join(text.split())[:LONGEST_TEXT]
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)
