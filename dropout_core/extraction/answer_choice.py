"""Choice of the answer among the pieces of code in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dropout_core.extraction.block_dependencies import Borrowed, Earlier, borrowed_by
from dropout_core.extraction.definition import Definitions, imports_only_numpy, reads_as_having_a_body
from dropout_core.extraction.fences import Block, blocks_in
from dropout_core.extraction.python_source import Reading, read
from dropout_core.extraction.unfenced import inline_definition, unfenced_definitions

_MOST_BLOCKS = 200
_MOST_BORROWERS = 12
"""Limit that no honest reply comes near; without it a hostile one could take minutes."""

_PYTHON_LINE = re.compile(r"^[ \t]*(?:(?:async[ \t]+)?def|class|import|from|return|for|if)[ \t]+\S", re.M)


@dataclass(frozen=True, slots=True)
class Extraction:
    """Code, and where in the reply it stood."""

    code: str
    origin: str
    """Where it stood, in a short phrase: ``"last fenced block that defines dropout"``, ``"the whole reply"``."""


@dataclass(frozen=True, slots=True, order=True)
class Worth:
    """Criteria for how good an answer a piece of code makes, the most important first."""

    can_work: bool
    parses: bool
    ended: bool
    only_numpy: bool
    fenced: bool
    start: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """Code that defines `dropout`, or seems to."""

    reading: Reading
    worth: Worth
    origin: str
    borrowed: Borrowed

    @property
    def is_sound(self) -> bool:
        """Whether nothing speaks against it, except that a later one may be better."""
        return self.worth.can_work and self.worth.parses and self.worth.ended and self.worth.only_numpy

    def extraction(self) -> Extraction:
        """The code, preceded by the definitions that it uses from earlier blocks."""
        return Extraction(self.borrowed.before(self.reading), self.origin)


@dataclass(frozen=True, slots=True)
class Found:
    """Code found in a text."""

    extraction: Extraction
    is_definition: bool
    """Whether it parses and binds `dropout` to something that may work."""


def choose(text: str) -> Found | None:
    """Best code of a text, or None. In order: a text that is code from end to end; the best definition of `dropout`,
    see `Worth`; other Python."""
    if not text.strip():
        return None
    whole = read(text)
    if whole.defines:
        works = Definitions(whole.tree.body).can_work() if whole.tree is not None else False
        return Found(Extraction(whole.code, "the whole reply"), works)
    lines = text.split("\n")
    blocks = [(block, read(block.body, block.indent)) for block in list(blocks_in(lines))[-_MOST_BLOCKS:]]
    candidates = list(_fenced(blocks))
    if whole.tree is None:
        for broken_too in (
            True,
            False,
        ):  # a block that does not parse may be text between two blocks
            if not any(one.is_sound for one in candidates):
                candidates += _unfenced(_without_blocks(lines, blocks, broken_too), blocks)
    if candidates:
        best = max(candidates, key=lambda one: one.worth)
        return Found(best.extraction(), best.worth.can_work and best.worth.parses)
    other = _other(text, whole, [reading for _, reading in reversed(blocks)])
    return None if other is None else Found(other, False)


def _fenced(blocks: Sequence[tuple[Block, Reading]]) -> Iterator[Candidate]:
    earlier: list[tuple[Block, Earlier]] = []
    defining = [reading for _, reading in blocks if reading.defines]
    may_borrow = defining[-_MOST_BORROWERS:]
    for block, reading in blocks:
        kind = "last fenced block that defines dropout" if block.closed else "unclosed fence"
        if reading.defines or reading.names:
            before = [one for other, one in earlier if other.stop <= block.start]
            borrowed = (
                borrowed_by(reading, before) if any(reading is one for one in may_borrow) else Borrowed()
            )
            worth = _worth(reading, borrowed, ended=block.closed, fenced=True, start=block.start)
            origin = kind if reading.defines else f"{kind}, which does not parse"
            yield Candidate(reading, worth, origin, borrowed)
        if reading.tree is not None:
            earlier.append((block, Earlier(reading)))


def _without_blocks(
    lines: Sequence[str], blocks: Sequence[tuple[Block, Reading]], broken_too: bool
) -> Sequence[str]:
    """The lines between the blocks; those of blocks are emptied so that line numbers stay the same.

    A method in a block is no definition.
    """
    kept = list(lines)
    for block, reading in blocks:
        if broken_too or reading.tree is not None:
            kept[block.start : block.stop] = ["```"] * (block.stop - block.start)
    return kept


def _unfenced(lines: Sequence[str], blocks: Sequence[tuple[Block, Reading]]) -> Iterator[Candidate]:
    kind = "unfenced lines that define dropout"
    for one in unfenced_definitions(lines):
        earlier = [Earlier(reading) for block, reading in blocks if block.stop <= one.start]
        borrowed = borrowed_by(one.reading, earlier)
        worth = _worth(one.reading, borrowed, ended=one.ended, fenced=False, start=one.start)
        origin = kind if one.reading.defines else f"{kind}, which do not parse"
        yield Candidate(one.reading, worth, origin, borrowed)


def _worth(reading: Reading, borrowed: Borrowed, *, ended: bool, fenced: bool, start: int) -> Worth:
    if reading.tree is None:
        works, only_numpy = reads_as_having_a_body(reading.code), imports_only_numpy(reading.code)
    else:
        module = Definitions([*borrowed.statements, *reading.tree.body])
        works, only_numpy = module.can_work(), module.only_numpy()
    return Worth(works, reading.tree is not None, ended, only_numpy, fenced, start)


def _other(text: str, whole: Reading, readings: Sequence[Reading]) -> Extraction | None:
    """Python that does not define `dropout`; `readings` are those of the blocks, the last one first."""
    for reading in readings:
        if reading.does_something:
            return Extraction(reading.code, "last fenced block, which does not define dropout")
    if whole.does_something:
        return Extraction(whole.code, "the whole reply, which does not define dropout")
    for reading in readings:
        if _PYTHON_LINE.search(reading.code):
            return Extraction(reading.code, "last fenced block, which does not parse")
    if (inline := inline_definition(text)) is not None:
        return Extraction(inline.code, "a code span in the prose")
    return None
