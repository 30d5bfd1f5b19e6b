"""What untrusted code says, as text that may be shown and compared."""

from __future__ import annotations

import re

LONGEST_TEXT = 300
_PASSING = (
    (re.compile(r"\bat 0x[0-9a-f]+", re.IGNORECASE), "at 0x…"),
    (re.compile(r"\b(dropout-|tmp)[a-z0-9_]{8}\b"), r"\1…"),
    (re.compile(r"(?<![\w.])\d{14,}(?![\w.])"), "…"),
)
"""Addresses, names of temporary files and what `id` gives: another in every process."""


def settled(text: str) -> str:
    """The text without what differs from process to process, so that equal causes read equal."""
    for pattern, instead in _PASSING:
        text = pattern.sub(instead, text)
    return text


def printable(text: str) -> str:
    """One printable line: white space becomes single spaces, and what a terminal might obey is escaped."""
    line = " ".join(text.split())[:LONGEST_TEXT]
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)
