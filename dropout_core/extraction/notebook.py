"""Notebook commands, prompts and output around code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dropout_core.extraction.definition_line import definition_line

_COMMAND = re.compile(
    r"^(?P<margin>[ \t]*)(?:%{1,2}[ ]?[A-Za-z]\w*\b.*|![ ]?[A-Za-z.].*|\$ .*|(?:python[\d.]* -m )?pip3? install .*)$",
    re.M,
)
_PROMPT = re.compile(r"[ \t]*(?:>>>|\.\.\.|In \[\d{1,6}\]:|\.\.\.:)(?: |$)(.*)")
_FIRST_PROMPT = re.compile(r"[ \t]*(?:>>>|In \[\d{1,6}\]:)(?: |$)")


def without_notebook(text: str) -> Iterator[str]:
    """The text without notebook commands and prompts; line numbers stay the same."""
    if "%" in text or "!" in text or "$" in text or "pip" in text:
        commanded = _COMMAND.sub(lambda line: line["margin"] + "pass" if line["margin"] else "", text)
        if commanded != text:
            yield commanded.strip("\n")
            text = commanded
    if ">>> " not in text and "In [" not in text:
        return
    around = _without_sessions(text)
    # With a definition outside, the prompts only show examples.
    yield around if definition_line().search(around) else _inputs(text)


def _inputs(text: str) -> str:
    """The lines above an interactive session and its input lines; output lines are dropped."""
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if _FIRST_PROMPT.match(line)), len(lines))
    above = (
        lines[:first] if all(re.match(r"(?:import|from|#)\b|#|\s*$", line) for line in lines[:first]) else []
    )
    matches = (_PROMPT.match(line) for line in lines[first:])
    return "\n".join([*above, *(match[1] for match in matches if match)])


def _without_sessions(text: str) -> str:
    """Lines that belong to no interactive session. A session begins with a prompt and ends with a blank line."""
    kept: list[str] = []
    inside = False
    for line in text.split("\n"):
        if _FIRST_PROMPT.match(line):
            inside = True
        elif inside and not line.strip():
            inside = False
        kept.append("" if inside else line)
    return "\n".join(kept).strip("\n")
