"""Finds the matches of a search in a text, and marks them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from textual.content import Content, Span

FOUND = "bold underline $text-warning"
CURRENT = "bold reverse $text-warning"
"""The style of the current match."""

Place = tuple[int, int]
"""The first character of a match, and the one after its last."""


def places_in(text: str, sought: str) -> tuple[Place, ...]:
    """The matches of `sought` in `text`, whatever the case; none when `sought` is empty."""
    if not sought:
        return ()
    return tuple(match.span() for match in re.finditer(re.escape(sought), text, re.IGNORECASE))


def with_places(content: Content, places: Sequence[Place], current: int | None = None) -> Content:
    """`content` with these matches marked, the one with the index `current` more than the others."""
    if not places:
        return content
    marks = [
        Span(start, end, CURRENT if index == current else FOUND) for index, (start, end) in enumerate(places)
    ]
    return Content(content.plain, [*content.spans, *marks], strip_control_codes=False)


def line_holding(lines: Sequence[str], text: str, offset: int) -> int:
    """The index in `lines`, which are `text` wrapped, of the line that holds the character at `offset`.

    Wrapping may have left out blanks at the ends of lines.
    """
    end = 0
    for number, line in enumerate(lines):
        start = text.find(line, end)
        end = (end if start < 0 else start) + len(line)
        if offset < end:
            return number
    return max(0, len(lines) - 1)
