"""Replies as trainers hand them over: texts, or conversations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dropout_core.completions.formats import answers_of

Message = Mapping[str, Any]
"""``{"role": "assistant", "content": …}``: a text, or blocks of it, as OpenAI and Anthropic have them."""

_SAID_BY_MODEL = frozenset({"assistant", "model"})


def reply_text(reply: str | Sequence[Message]) -> str:
    """What the model replied: the text, or that of the last message that it wrote, or what that message submits. Empty
    where it wrote none.

    Raises:
        TypeError: it is neither a text nor a list of messages.
    """
    if isinstance(reply, str):
        return reply
    messages = [one for one in reply if isinstance(one, Mapping)] if isinstance(reply, Sequence) else []
    if not isinstance(reply, Sequence) or len(messages) < len(reply):
        raise TypeError("it is neither a text nor a list of messages")
    for message in reversed(messages):
        if message.get("role") in _SAID_BY_MODEL:
            return next(iter(answers_of([dict(message)])), "")
    return ""


def reply_texts(replies: Sequence[str | Sequence[Message]]) -> list[str]:
    """What the model replied, each time.

    Raises:
        TypeError: these are not replies; the message says which is not.
    """
    if isinstance(replies, str | Mapping) or not isinstance(replies, Sequence):
        raise TypeError(f"replies are of type {type(replies).__name__}; give a list of replies")
    texts = []
    for number, reply in enumerate(replies, 1):
        try:
            texts.append(reply_text(reply))
        except TypeError as error:
            raise TypeError(f"reply {number}: {error}") from None
    return texts
