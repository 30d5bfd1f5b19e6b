"""Thinking in the text of a reply, before its answer."""

from __future__ import annotations

import re

_OPENING = re.compile(r"[\s\ufeff]*(?:<(think|thinking|reasoning)>|\[(THINK)\])", re.I)
_CLOSING_ALONE = re.compile(r"^[ \t]*(?:</think(?:ing)?>|\[/THINK\])[ \t]*$", re.M | re.I)


def split_thinking(text: str) -> tuple[str, str]:
    """The answer, and the thinking before it; either may be empty. Servers that put ``<think>`` into the prompt leave
    only the closing tag in the reply."""
    opening = _OPENING.match(text)
    if opening is None:
        closing = _CLOSING_ALONE.search(text)
        return (text[closing.end() :], text[: closing.start()]) if closing else (text, "")
    end = rf"</{opening[1]}>" if opening[1] else rf"\[/{opening[2]}\]"
    closing = re.compile(end, re.I).search(text, opening.end())
    if closing is None:
        return "", text[opening.end() :]
    return text[closing.end() :], text[opening.end() : closing.start()]
