"""The difference between two texts, line by line, in one column or side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import takewhile, zip_longest

_MOST_PAIRS = 4_000_000
"""Pairs of lines beyond which the middle counts as replaced: matching it would take seconds."""


class Change(StrEnum):
    """What happened to a line. The value is its glyph."""

    KEPT = " "
    REMOVED = "-"
    ADDED = "+"


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of either text, or of both."""

    change: Change
    text: str
    old: int | None = None
    """Its line number in the old text, from 1; ``None`` when it was added."""
    new: int | None = None
    """Its line number in the new text; ``None`` when it was removed."""


def diff(old: str, new: str) -> tuple[DiffLine, ...]:
    """The lines of both texts in order; removed lines come before the lines added in their place.

    Texts are split at ``\\n`` alone, so that joining the lines restores them exactly.
    """
    before, after = old.split("\n"), new.split("\n")
    head = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    rest = min(len(before), len(after)) - head
    backwards = zip(reversed(before), reversed(after), strict=False)
    tail = min(rest, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], backwards)))
    lines: list[DiffLine] = []
    for tag, first, last, new_first, new_last in _blocks(
        before[head : len(before) - tail], after[head : len(after) - tail], head, tail
    ):
        if tag == "equal":
            lines += [
                DiffLine(Change.KEPT, before[n], n + 1, n - first + new_first + 1) for n in range(first, last)
            ]
        else:
            lines += [DiffLine(Change.REMOVED, before[n], old=n + 1) for n in range(first, last)]
            lines += [DiffLine(Change.ADDED, after[n], new=n + 1) for n in range(new_first, new_last)]
    return tuple(lines)


def _blocks(
    before: Sequence[str], after: Sequence[str], head: int, tail: int
) -> list[tuple[str, int, int, int, int]]:
    """Opcodes for the whole texts, whose first `head` and last `tail` lines are equal."""
    opcodes: list[tuple[str, int, int, int, int]] = [("replace", 0, len(before), 0, len(after))]
    if len(before) * len(after) <= _MOST_PAIRS:
        matched = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        opcodes = [(tag, a, b, c, d) for tag, a, b, c, d in matched]
    ends = head + len(before), head + len(after)
    return [
        ("equal", 0, head, 0, head),
        *((tag, a + head, b + head, c + head, d + head) for tag, a, b, c, d in opcodes),
        ("equal", ends[0], ends[0] + tail, ends[1], ends[1] + tail),
    ]


def side_by_side(lines: Sequence[DiffLine]) -> tuple[tuple[DiffLine | None, DiffLine | None], ...]:
    """Rows of an old and a new line: removed lines stand beside the lines added in their place."""
    rows: list[tuple[DiffLine | None, DiffLine | None]] = []
    removed: list[DiffLine] = []
    added: list[DiffLine] = []
    for line in lines:
        match line.change:
            case Change.REMOVED if added:
                rows += zip_longest(removed, added)
                removed, added = [line], []
            case Change.REMOVED:
                removed.append(line)
            case Change.ADDED:
                added.append(line)
            case Change.KEPT:
                rows += [*zip_longest(removed, added), (line, line)]
                removed, added = [], []
    return (*rows, *zip_longest(removed, added))


def counts(lines: Sequence[DiffLine]) -> tuple[int, int]:
    """How many lines were removed, and how many were added."""
    changes = [line.change for line in lines]
    return changes.count(Change.REMOVED), changes.count(Change.ADDED)
