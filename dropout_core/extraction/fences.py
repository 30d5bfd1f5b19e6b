"""Fenced code blocks, as models write them.

They are found line by line, without a CommonMark parser. Models open a fence inside a list item and then write the code
at column 0, which CommonMark reads as an empty block. Also, the code must stay unchanged, while a Markdown parser
replaces NULs and expands tabs. On well-formed documents both agree, as a test checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from dropout_core.extraction.python_source import read

_MOST_RETRIES = 40
"""Limit that no honest reply comes near; without it a hostile one would take quadratic time."""


_MOST_SOFT_ENDS = 8


@dataclass(frozen=True, slots=True)
class Fence:
    """A line that may open or close a block."""

    line: int
    indent: int
    in_item: bool
    """Whether it is on the line that starts a list item; such a fence opens a block and never closes one."""
    marks: str
    rest: str

    def may_close(self, opening: Fence) -> bool:
        """Whether there are enough marks to close a block, whatever follows them."""
        return (
            not self.in_item and self.marks[0] == opening.marks[0] and len(self.marks) >= len(opening.marks)
        )

    def closes(self, opening: Fence) -> bool:
        """Whether CommonMark ends the block here; a fence indented by four more columns is content."""
        return self.may_close(opening) and not self.rest and self.indent < opening.indent + 4


@dataclass(frozen=True, slots=True)
class Block:
    """Lines `start` to `stop` of the text, including the fences."""

    body: str
    indent: int
    start: int
    stop: int
    closed: bool


_FENCE = re.compile(
    r"(?P<lead>[ \t>\u200b\ufeff]*)(?P<item>(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?P<marks>`{3,}|~{3,})(?P<rest>.*)"
)


def fence_lines(lines: Sequence[str]) -> Iterator[Fence]:
    """Lines that may open or close a block, at any depth of a list or quotation."""
    for number, line in enumerate(lines):
        if ("```" in line or "~~~" in line) and (match := _FENCE.match(line)):
            indent = len(match["lead"]) + len(match["item"] or "")
            yield Fence(number, indent, match["item"] is not None, match["marks"], match["rest"].strip())


def blocks_in(lines: Sequence[str], depth: int = 0) -> Iterator[Block]:
    """Fenced blocks in order; blocks inside a block that is not Python follow it."""
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
            # A docstring may contain fences, and a closing fence may be indented too far or followed by words:
            # the block ends at whichever fence makes it Python.
            others = [other for other in fences[at : ends + 9] if other.may_close(opening)][:8]
            for other in others if reading.tree is None else ():
                retries -= 1
                attempt = _block(lines, opening, other)
                if read(attempt.body, attempt.indent).does_something:
                    block, inner, ends = attempt, False, fences.index(other, at)
                    break
        if retries > 0:
            softly, tries = _ended_softly(lines, opening, block)
            retries -= tries
            if softly is not None:
                yield softly
                while at < len(fences) and fences[at].line < softly.stop:
                    at += 1
                continue
        yield block
        if inner and depth < 2:
            for nested in blocks_in(block.body.split("\n"), depth + 1):
                start = nested.start + block.start + 1
                yield replace(nested, start=start, stop=start + nested.stop - nested.start)
        at = ends + 1


_CODE_BEHIND = re.compile(
    r"(?:(?:python[\d.]*|py)?[ \t]*)(?P<code>(?:(?:import|from|def|class|async)[ \t]+\w|@\w|dropout[ \t]*[:=]).*)",
    re.I,
)
"""Pattern of code on the opening line of a block, after the marks and an optional language."""


def _ended_softly(lines: Sequence[str], opening: Fence, block: Block) -> tuple[Block | None, int]:
    """The block, ended at a fence that is too short or stands behind the last line of code, and the number of places
    tried. Only a place that makes it valid Python is used."""
    stop = block.stop - 1 if block.closed else block.stop
    places = list(islice(_soft_ends(lines, opening.line + 1, stop), _MOST_SOFT_ENDS))
    if not places or read(block.body, block.indent).tree is not None:
        return None, 0
    indent = _indent(lines, opening)
    for tries, (number, last) in enumerate(places, 1):
        body = _body([*_first_line(opening), *lines[opening.line + 1 : number], *last], lines, opening)
        if read(body, indent).does_something:
            return Block(body, indent, opening.line, number + 1, True), tries
    return None, len(places)


def _soft_ends(lines: Sequence[str], start: int, stop: int) -> Iterator[tuple[int, list[str]]]:
    """Lines that end in fence marks, with the code before the marks."""
    for number in range(start, stop):
        line = lines[number].rstrip()
        code = line.rstrip("`~")
        if code != line:
            yield number, [code] if code.strip(" \t>") else []


def _first_line(opening: Fence) -> list[str]:
    match = _CODE_BEHIND.fullmatch(opening.rest)
    return [] if match is None else [" " * opening.indent + match["code"]]


def _indent(lines: Sequence[str], opening: Fence) -> int:
    return 0 if ">" in lines[opening.line][: opening.indent] else opening.indent


def _body(body: list[str], lines: Sequence[str], opening: Fence) -> str:
    quoted = lines[opening.line][: opening.indent].count(">")
    return "\n".join(unquoted(body, quoted) if quoted else body)


def unquoted(lines: Sequence[str], depth: int = 1) -> list[str]:
    """The lines without quotation marks (``>``). A blank after the mark is removed too where all lines have one."""
    blank = (
        "" if any(re.match(rf"(?:[ \t]*> ?){{{depth - 1}}}[ \t]*>[^\s>]", line) for line in lines) else " ?"
    )
    return [re.sub(rf"^(?:[ \t]*>{blank}(?!>>)){{1,{depth}}}", "", line) for line in lines]


def _block(lines: Sequence[str], opening: Fence, closing: Fence | None) -> Block:
    stop = len(lines) if closing is None else closing.line
    body = [*_first_line(opening), *lines[opening.line + 1 : stop]]
    if closing is None and body and body[-1].strip() in {"`", "``", "~", "~~"}:
        body.pop()  # the reply was cut off within its closing fence
    text = _body(body, lines, opening)
    stop = stop if closing is None else stop + 1
    return Block(text, _indent(lines, opening), opening.line, stop, closing is not None)
