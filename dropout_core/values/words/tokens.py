"""Amounts of tokens in words: input, output, and the parts that were cached and thought."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

ABOUT = "≈ "
"""Sign before estimates."""


class Counted(Protocol):
    """Anything that has used tokens: a reply, an attempt, an evaluation."""

    @property
    def input_tokens(self) -> int:
        """All input tokens."""
        ...

    @property
    def output_tokens(self) -> int:
        """All output tokens."""
        ...

    @property
    def thinking_tokens(self) -> int:
        """Part of the output tokens."""
        ...

    @property
    def cache_read_input_tokens(self) -> int:
        """Part of the input tokens."""
        ...

    @property
    def cache_creation_input_tokens(self) -> int:
        """Part of the input tokens."""
        ...

    @property
    def estimated(self) -> int:
        """Whether, or in how many cases, counts are estimates."""
        ...


def token_words(
    used: Counted, number: Callable[[int], str] = "{:,}".format, *, unit: str = "", separator: str = ", "
) -> str:
    """``1,200 in (800 from the cache), 500 out (480 thought)``; `unit` stands before ``in``, ``≈`` before estimates."""
    cached = [
        f"{number(tokens)} {where}"
        for tokens, where in (
            (used.cache_read_input_tokens, "from the cache"),
            (used.cache_creation_input_tokens, "into the cache"),
        )
        if tokens
    ]
    given = f"{number(used.input_tokens)} {unit}in" + (f" ({', '.join(cached)})" if cached else "")
    thought = f" ({number(used.thinking_tokens)} thought)" if used.thinking_tokens else ""
    return f"{ABOUT if used.estimated else ''}{given}{separator}{number(used.output_tokens)} out{thought}"
