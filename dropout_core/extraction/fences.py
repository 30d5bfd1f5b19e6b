"""Fenced code blocks, as models write them.

Found by line, not by a CommonMark parser. Models open a fence inside a list item and then write the code at
column 0, which CommonMark reads as an empty block; and the code has to come back unchanged, where a Markdown
parser replaces NULs and expands tabs. On well-formed documents the two agree, which a test holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dropout_core.extraction.reading import read

_MOST_RETRIES = 40
"""No honest reply comes near; looking on would let a hostile one cost quadratic time."""


@dataclass(frozen=True, slots=True)
class Fence:
    """A line that may open or close a block."""

    line: int
    indent: int
    in_item: bool
    """On the line that starts a list item: it opens, and never closes."""
    marks: str
    rest: str

    def may_close(self, opening: Fence) -> bool:
        """Whether the marks suffice, whatever follows them."""
        return (
            not self.in_item and self.marks[0] == opening.marks[0] and len(self.marks) >= len(opening.marks)
        )

    def closes(self, opening: Fence) -> bool:
        """Whether CommonMark ends the block here: four columns further in, it is content."""
        return self.may_close(opening) and not self.rest and self.indent < opening.indent + 4


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between two fences; lines `start` to `stop` of the text, fences included."""

    body: str
    indent: int
    start: int
    stop: int
    closed: bool


_FENCE = re.compile(
    r"(?P<lead>[ \t>\u200b\ufeff]*)(?P<item>(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?P<marks>`{3,}|~{3,})(?P<rest>.*)"
)


def fence_lines(lines: Sequence[str]) -> Iterator[Fence]:
    """The lines that may open or close a block, at any depth of a list or quotation."""
    for number, line in enumerate(lines):
        if ("```" in line or "~~~" in line) and (match := _FENCE.match(line)):
            indent = len(match["lead"]) + len(match["item"] or "")
            yield Fence(number, indent, match["item"] is not None, match["marks"], match["rest"].strip())


def blocks_in(lines: Sequence[str], depth: int = 0) -> Iterator[Block]:
    """The fenced blocks in order; blocks inside a block that is not Python follow it."""
    fences = list(fence_lines(lines))
    retries = _MOST_RETRIES
    at = 0
    while at < len(fences):
        opening = fences[at]
        at += 1
        if opening.marks[0] == "`" and "`" in opening.rest:  # a code span, not a fence
            continue
        ends = at
        while ends < len(fences) and not fences[ends].closes(opening):
            ends += 1
        block = _block(lines, opening, fences[ends] if ends < len(fences) else None)
        inner = ends > at
        if (inner or '"""' in block.body or "'''" in block.body) and retries > 0:
            reading = read(block.body, block.indent)
            # A docstring may hold fences, and a closing fence may stand too far in or be followed by words:
            # the block ends at whichever fence makes it Python.
            others = [other for other in fences[at : ends + 9] if other.may_close(opening)][:8]
            for other in others if reading.tree is None else ():
                retries -= 1
                attempt = _block(lines, opening, other)
                if read(attempt.body, attempt.indent).does_something:
                    block, inner, ends = attempt, False, fences.index(other, at)
                    break
        yield block
        if inner and depth < 2:
            for nested in blocks_in(block.body.split("\n"), depth + 1):
                start = nested.start + block.start + 1
                yield replace(nested, start=start, stop=start + nested.stop - nested.start)
        at = ends + 1


def _block(lines: Sequence[str], opening: Fence, closing: Fence | None) -> Block:
    stop = len(lines) if closing is None else closing.line
    body = list(lines[opening.line + 1 : stop])
    if closing is None and body and body[-1].strip() in {"`", "``", "~", "~~"}:
        body.pop()  # the reply was cut off within its closing fence
    quoted = lines[opening.line][: opening.indent].count(">")
    if quoted:
        body = [re.sub(rf"^(?:[ \t]*> ?){{1,{quoted}}}", "", line) for line in body]
    stop = stop if closing is None else stop + 1
    return Block("\n".join(body), 0 if quoted else opening.indent, opening.line, stop, closing is not None)
