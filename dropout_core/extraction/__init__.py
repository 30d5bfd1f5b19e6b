"""Find the code in a model's reply.

Formatting is forgiven, Python is not: a fence left open, an indented list item or a reply without any fence still
gives its code, while code with a syntax error comes back as it is, so that the grading says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from dropout_core.extraction.fences import blocks_in, fence_lines
from dropout_core.extraction.reading import INVISIBLE, read
from dropout_core.extraction.thinking import split_thinking
from dropout_core.extraction.unfenced import inline_definition, unfenced_definition

__all__ = ["Extraction", "NoCodeFound", "extract", "extract_code"]


class NoCodeFound(ValueError):
    """The reply holds no code. The message is the reason, as a clause without a full stop."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """Code, and where in the reply it stood."""

    code: str
    origin: str
    """A short phrase: ``"last fenced block that defines dropout"``, ``"the whole reply"``."""


def extract_code(reply_text: str) -> str:
    """The code of a reply; see `extract`.

    Raises:
        NoCodeFound: the reply holds no code; the message says what it is instead.
    """
    return extract(reply_text).code


def extract(reply_text: str) -> Extraction:
    """The code of a reply, and where it stood.

    In order of preference: a reply that is code from end to end; the last fenced block that defines `dropout`,
    parsing ones first; unfenced lines that define it; the last fenced block of other Python. Code inside
    ``<think>`` tags is taken only when there is none outside. Takes time about linear in the length of the reply.

    Raises:
        NoCodeFound: the reply holds no code; the message says what it is instead.
    """
    text = reply_text.replace("\r\n", "\n").replace("\r", "\n")
    if not INVISIBLE.sub("", text).strip():
        raise NoCodeFound("the reply is empty")
    answer, thinking = split_thinking(text)
    if (found := _find(answer)) is not None:
        return found
    if (found := _find(thinking)) is not None:
        return replace(found, origin=f"inside its thinking: {found.origin}")
    if not answer.strip():
        raise NoCodeFound("the reply ends inside its thinking")
    if any(fence_lines(answer.split("\n"))):
        raise NoCodeFound("the reply's fenced blocks hold no Python code")
    if _REFUSAL.search(answer[:400]):
        raise NoCodeFound("the reply declines the task and holds no code")
    raise NoCodeFound("the reply is prose and holds no code")


_MOST_BLOCKS = 200
"""No honest reply comes near; reading more would let a hostile one take minutes."""

_REFUSAL = re.compile(
    r"\b(?:I(?:'|’)?m sorry|I am sorry|I (?:cannot|can(?:'|’)t|won(?:'|’)t|must decline)|unable to)\b", re.I
)
_PYTHON_LINE = re.compile(r"^[ \t]*(?:(?:async[ \t]+)?def|class|import|from|return|for|if)[ \t]+\S", re.M)


def _find(text: str) -> Extraction | None:
    """The best candidate of a text, or None."""
    if not text.strip():
        return None
    whole = read(text)
    if whole.defines:
        return Extraction(whole.code, "the whole reply")
    lines = text.split("\n")
    blocks = list(blocks_in(lines))[-_MOST_BLOCKS:]
    candidates = [(block, read(block.body, block.indent)) for block in reversed(blocks)]
    for block, reading in candidates:
        if reading.defines:
            return Extraction(reading.code, _kind(block.closed))
    for block, reading in candidates:
        if reading.names:
            return Extraction(reading.code, f"{_kind(block.closed)}, which does not parse")
    if whole.tree is None:
        for block, reading in candidates:
            if reading.tree is not None:  # a method in there is no definition; keep the line numbers
                lines[block.start : block.stop] = ["```"] * (block.stop - block.start)
        if (unfenced := unfenced_definition(lines)) is not None:
            kind = "unfenced lines that define dropout"
            return Extraction(unfenced.code, kind if unfenced.defines else f"{kind}, which do not parse")
    for _, reading in candidates:
        if reading.does_something:
            return Extraction(reading.code, "last fenced block, which does not define dropout")
    if whole.does_something:
        return Extraction(whole.code, "the whole reply, which does not define dropout")
    for _, reading in candidates:
        if _PYTHON_LINE.search(reading.code):
            return Extraction(reading.code, "last fenced block, which does not parse")
    if (inline := inline_definition(text)) is not None:
        return Extraction(inline.code, "a code span in the prose")
    return None


def _kind(closed: bool) -> str:
    return "last fenced block that defines dropout" if closed else "unclosed fence"
