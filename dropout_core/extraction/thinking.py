"""What a reply thinks aloud before it answers."""

from __future__ import annotations

import re


def split_thinking(text: str) -> tuple[str, str]:
    """The answer and what was thought before it; either may be empty.

    Servers that put ``<think>`` into the prompt leave only the closing tag in the reply.
    """
    opening = re.match(r"[\s\ufeff]*<(think|thinking)>", text, re.I)
    if opening is None:
        closing = re.search(r"^[ \t]*</think(?:ing)?>[ \t]*$", text, re.M | re.I)
        return (text[closing.end() :], text[: closing.start()]) if closing else (text, "")
    closing = re.compile(rf"</{opening[1]}>", re.I).search(text, opening.end())
    if closing is None:
        return "", text[opening.end() :]
    return text[closing.end() :], text[opening.end() : closing.start()]
