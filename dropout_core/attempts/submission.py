"""What an agent submits: as a tool call, or as a call that it wrote as text because its server parses none."""

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
    """The calls of this program's tools that a turn without any holds as text, in order, each without an id."""
    if message.tool_calls:
        return ()
    known = {tool.name for tool in TOOLS}
    written = tuple(
        ToolUseBlock("", call.name, dict(call.input)) for call in tool_calls_in_text(message.text)
    )
    return written if any(call.name in known for call in written) else ()


def looks_like_a_call(text: str) -> bool:
    """Whether a tool call seems to be meant, readable or not."""
    return _LOOKS_WRITTEN.search(text) is not None


def answer_of(call: ToolUseBlock) -> str | None:
    """What a well-formed call submits."""
    match call.input:
        case {"answer": str(answer)} if call.name == SUBMIT_ANSWER:
            return answer
        case _:
            return None


def submitted_in(message: Message) -> str | None:
    """The answer that a turn submits first."""
    calls = message.tool_calls or written_calls(message)
    return next((answer for call in calls if (answer := answer_of(call)) is not None), None)


def code_of(answer: str, function: str = "dropout") -> Extraction:
    """The code of a submitted answer, which defines the function. Where there is no function to define, any text is an
    answer as it is.

    One whose line breaks and quotes are escaped once too often is read as it is meant, if it defines the function only
    then.

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
    """`text` as JSON or Python would read it in quotes; quotes around all of it are taken away."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    return _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)) if escape[1] else _meaning(escape[2]), text)


def _meaning(letter: str) -> str:
    return _MEANS.get(letter) or (letter if letter in "\\\"'/" else f"\\{letter}")
