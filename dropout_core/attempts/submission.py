"""Submissions of an agent: a tool call, or a call written as text where the server parses none."""

from __future__ import annotations

import re

from dropout_core.extraction import Extraction, NoCodeFound, extract
from dropout_core.extraction.definition_line import looking_for
from dropout_core.extraction.python_source import read
from dropout_core.extraction.written_tool_calls import tool_calls_in_text
from dropout_core.values.agent_tools import SUBMIT_ANSWER, TOOLS
from dropout_core.values.conversation import Message, ToolUseBlock

_NAMES = "|".join(tool.name for tool in TOOLS)
_LOOKS_WRITTEN = re.compile(
    rf"<tool_calls?>|\[TOOL_CALLS\]|<function(?:=|_calls?>)|<\|python_tag\|>|<invoke\b"
    rf"|[\"']name[\"']\s*:\s*[\"'](?:{_NAMES})[\"']|\b(?:{_NAMES})\s*\(\s*[^\s)]"
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.S)
_MEANS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def written_calls(message: Message) -> tuple[ToolUseBlock, ...]:
    """Calls of this program's tools that a turn without tool calls holds as text, in order and without ids."""
    if message.tool_calls:
        return ()
    known = {tool.name for tool in TOOLS}
    written = tuple(
        ToolUseBlock("", call.name, dict(call.input)) for call in tool_calls_in_text(message.text)
    )
    return written if any(call.name in known for call in written) else ()


def looks_like_a_call(text: str) -> bool:
    """Whether the text seems to be meant as a tool call, readable or not."""
    return _LOOKS_WRITTEN.search(text) is not None


def answer_of(call: ToolUseBlock) -> str | None:
    """Answer in a well-formed submission."""
    match call.input:
        case {"answer": str(answer)} if call.name == SUBMIT_ANSWER:
            return answer
        case _:
            return None


def submitted_in(message: Message) -> str | None:
    """First answer that a turn submits."""
    calls = message.tool_calls or written_calls(message)
    return next((answer for call in calls if (answer := answer_of(call)) is not None), None)


def code_of(answer: str, function: str = "dropout") -> Extraction:
    """Code of a submitted answer that defines the function. Where no function is asked for, any text is an answer. Code
    that was escaped once too often is unescaped if only then it defines the function.

    Raises:
        NoCodeFound: there is none.
    """
    if not function:
        return Extraction(answer, "as submitted")
    if "\\n" in answer and "\n" not in answer.strip():
        meant = _found(_unescaped(answer.strip()), function)
        as_it_is = _found(answer, function)
        if (
            meant is not None
            and defines_function(meant.code, function)
            and not (as_it_is and defines_function(as_it_is.code, function))
        ):
            return Extraction(meant.code, f"{meant.origin}, escaped twice")
    return extract(answer, function)


def _found(text: str, function: str) -> Extraction | None:
    try:
        return extract(text, function)
    except NoCodeFound:
        return None


def defines_function(code: str, function: str) -> bool:
    """Whether `code` parses and defines it."""
    with looking_for(function):
        return read(code).defines


def _unescaped(text: str) -> str:
    """`text` read as a JSON or Python string literal; quotes around all of it are removed."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    return _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)) if escape[1] else _meaning(escape[2]), text)


def _meaning(letter: str) -> str:
    return _MEANS.get(letter) or (letter if letter in "\\\"'/" else f"\\{letter}")
