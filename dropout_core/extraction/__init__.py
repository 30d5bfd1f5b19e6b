"""Extraction of the code from a model's reply.

Mistakes in formatting are tolerated, mistakes in Python are not: code is found despite an unclosed fence, an indented
list item or a missing fence, while code with a syntax error is returned unchanged, so that grading reports it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from dropout_core.extraction.answer_choice import Extraction, choose
from dropout_core.extraction.definition_line import definition_line, looking_for
from dropout_core.extraction.fences import fence_lines, unquoted
from dropout_core.extraction.python_source import INVISIBLE, read
from dropout_core.extraction.thinking_text import split_thinking
from dropout_core.extraction.turn_markers import without_marks_of_turns
from dropout_core.extraction.unescaping import unescaped
from dropout_core.extraction.written_tool_calls import places_of_calls
from dropout_core.values.agent_tools import SUBMIT_ANSWER

__all__ = ["Extraction", "NoCodeFound", "extract", "extract_code"]


class NoCodeFound(ValueError):
    """The reply holds no code. The message is the reason, as a clause without a full stop."""


def extract_code(reply_text: str, function: str = "dropout") -> str:
    """Code of a reply that defines the function; see `extract`.

    Raises:
        NoCodeFound: the reply holds no code; the message says what it is instead.
    """
    return extract(reply_text, function).code


def extract(reply_text: str, function: str = "dropout") -> Extraction:
    """Code of a reply to the request to write the function, and where in the reply it stood.

    In order of preference: a reply that is code from end to end; code submitted in a written tool call; the best
    definition of the function (see `answer_choice.Worth`), with the definitions that it uses from earlier blocks; the
    last fenced block of other Python. Code inside ``<think>`` tags is used only when there is none outside. Takes time
    about linear in the length of the reply.

    Without a function to write, any text is an answer: the content of the only fenced block, or else the whole reply.

    Raises:
        NoCodeFound: the reply holds no code; the message says what it is instead.
    """
    if not function:
        return _any_text(reply_text)
    with looking_for(function):
        return _extracted(reply_text)


def _any_text(reply_text: str) -> Extraction:
    text, thinking = split_thinking(reply_text.replace("\r\n", "\n").replace("\r", "\n"))
    if not text.strip():
        raise NoCodeFound("the reply ends inside its thinking" if thinking.strip() else "the reply is empty")
    fenced = _FENCED.findall(text)
    if len(fenced) == 1:
        return Extraction(fenced[0], "the only fenced block")
    return Extraction(text.strip(), "the whole reply")


def _extracted(reply_text: str) -> Extraction:
    text = reply_text.replace("\r\n", "\n").replace("\r", "\n")
    if not read(text).defines:
        text = without_marks_of_turns(text)
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


_FENCED = re.compile(r"^```[^\n`]*\n(.*?)^```[ \t]*$", re.M | re.S)
_TAG = re.compile(
    r"</?(?:answer|final_answer|code|pre|python|solution|result|response|submission)(?:[ \t][^<>\n]{0,80})?>",
    re.I,
)
_REFUSAL = re.compile(
    r"\b(?:I(?:'|’)?m sorry|I am sorry|I (?:cannot|can(?:'|’)t|won(?:'|’)t|must decline)|unable to)\b", re.I
)


def _find(text: str) -> Extraction | None:
    """Answer in a text, or None: the code that it submits in a call, or else the best code in it."""
    if (submitted := _submitted(text)) is not None:
        return submitted
    found = choose(text)
    if found is not None and found.is_definition:
        return found.extraction
    for other, kind in _readings_of_disorder(text):
        mended = choose(other)
        if mended is not None and mended.is_definition:
            return replace(mended.extraction, origin=f"{mended.extraction.origin}, {kind}")
    return None if found is None else found.extraction


def _readings_of_disorder(text: str) -> Iterator[tuple[str, str]]:
    """Other readings of a malformed text, with the repair of each."""
    lines = text.split("\n")
    if any(re.match(r"[ \t]*>(?!>>)", line) for line in lines):
        yield "\n".join(unquoted(lines)), "quoted"
    if _TAG.search(text):
        yield _TAG.sub("\n", text), "between tags"
    for other in unescaped(text):
        yield other, "escaped twice"


def _submitted(text: str) -> Extraction | None:
    """Code of the last submission that is written as a tool call."""
    submissions = [
        value
        for place in places_of_calls(text)
        for call in place.calls
        if call.name == SUBMIT_ANSWER
        for value in call.input.values()
        if isinstance(value, str)
    ]
    for value in reversed(submissions):
        found = [one for text in (value, *unescaped(value)) if (one := choose(text)) is not None]
        best = next((one for one in found if one.is_definition), found[0] if found else None)
        if best is not None and definition_line().search(best.extraction.code):
            origin = f"a written call of {SUBMIT_ANSWER}: {best.extraction.origin}"
            return Extraction(best.extraction.code, origin)
    return None
