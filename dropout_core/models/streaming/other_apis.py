"""Recognition of replies from APIs other than the Messages API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CHAT_COMPLETIONS = "OpenAI's Chat Completions"


def name_of_api(value: Mapping[str, Any]) -> str | None:
    """Name of the API that `value`, a reply or piece of one, comes from; ``None`` when it is not known."""
    match value:
        case {"choices": [*_]}:
            return CHAT_COMPLETIONS
        case {"object": "response"} | {"type": str()} if _of_responses(value):
            return "OpenAI's Responses API"
        case {"candidates": [*_]}:
            return "Google's Gemini API"
        case {"done": bool(), "model": str(), "message": Mapping()} | {"done": bool(), "response": str()}:
            return "Ollama's own API"
    return None


def _of_responses(value: Mapping[str, Any]) -> bool:
    return value.get("object") == "response" or str(value.get("type")).startswith("response.")
