"""APIs: the two ways in which this program speaks to servers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Api = Literal["anthropic", "openai"]
APIS: tuple[Api, ...] = ("anthropic", "openai")
API_NAMES: Mapping[Api, str] = {"anthropic": "Messages API", "openai": "Chat Completions API"}

COMPANIES: Mapping[Api, str] = {"anthropic": "Anthropic", "openai": "OpenAI"}
"""Whose server is asked when no address is given."""


def parse_api(text: str) -> Api:
    """One of `APIS`.

    Raises:
        ValueError: with one line that says what to write.
    """
    for api in APIS:
        if api == text.strip():
            return api
    raise ValueError(f"unknown API {text.strip()!r}; choose one of: {', '.join(APIS)}")
