"""Request settings of the user: thinking, effort, sampling, system prompt, and further fields."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dropout_core.models.http.credentials import one_line
from dropout_core.models.retry.user_limits import timeout_words
from dropout_core.values.files.text_file import read_text
from dropout_core.values.known_secrets import refuse_secrets
from dropout_core.values.stored.compact_json import STRICT

if TYPE_CHECKING:
    from dropout_core.values.config import EvaluationConfig

EFFORTS = ("low", "medium", "high", "xhigh", "max")
"""Values that the API knows; which of them a model accepts, its server says."""
THINKING = ("off", "auto")
LEAST_THINKING = 1024
"""Fewest tokens of thinking that the API accepts."""
MOST_TOKENS = 1_000_000
MOST_TEMPERATURE = 2.0
"""Highest temperature: the API's models accept up to 1, those of other servers up to 2."""

OPTION_OF: Mapping[str, str] = {
    "model": "--model",
    "max_tokens": "--max-tokens",
    "system": "--system",
    "temperature": "--temperature",
    "top_p": "--top-p",
    "thinking": "--thinking",
    "output_config": "--effort",
}
"""Field of a request -> the option that sets it."""
_WITHOUT_OPTION: Mapping[str, str] = {
    "messages": "the conversation is the program's; --prompt sets what is asked",
    "tools": "the tools are the program's; --mode agent offers them",
    "stream": "replies are always streamed; leave it out",
}
SHOWN = 60
"""Characters shown of a setting that may be long."""
_KEY = re.compile(r"\s*,?\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*")
_WHOLE = re.compile(r"[0-9]{1,9}")


def parse_thinking(text: str) -> str:
    """``off``, ``auto``, or the number of tokens it may take.

    Raises:
        ValueError: with one line that says what to write, as do the others here.
    """
    word = text.strip()
    if word in THINKING:
        return word
    if not _WHOLE.fullmatch(word) or not LEAST_THINKING <= int(word) <= MOST_TOKENS:
        raise ValueError(
            f"{word!r} is not a way to think; write off, auto,"
            f" or a number of tokens from {LEAST_THINKING:,} to {MOST_TOKENS:,}"
        )
    return str(int(word))


def parse_effort(text: str) -> str:
    """One of `EFFORTS`."""
    word = text.strip()
    if word not in EFFORTS:
        raise ValueError(f"unknown effort {word!r}; choose one of: {', '.join(EFFORTS)}")
    return word


def parse_temperature(text: str) -> float:
    """A number from 0 to `MOST_TEMPERATURE`."""
    number = _number(text)
    if not 0 <= number <= MOST_TEMPERATURE:
        raise ValueError(
            f"{text.strip()!r} is not a temperature; give a number from 0 to 1 (some servers take 2)"
        )
    return number


def parse_top_p(text: str) -> float:
    """A number above 0, up to 1."""
    number = _number(text)
    if not 0 < number <= 1:
        raise ValueError(
            f"{text.strip()!r} is not a share of the probability; give a number above 0, up to 1"
        )
    return number


def parse_system(text: str) -> tuple[str, str | None]:
    """System prompt, and the file that it came from when `text` is ``@FILE``."""
    typed = text.strip()
    if not typed.startswith("@"):
        refuse_secrets(typed, "system prompt")
        return typed, None
    file = typed[1:].strip()
    return read_text(file, what="system prompt", remedy="give a text, or @ and the path of a text file"), file


def parse_fields(text: str) -> dict[str, Any]:
    """Fields of the request that have no option of their own, from ``KEY=JSON KEY=JSON``."""
    refuse_secrets(text, "value of a field")
    fields: dict[str, Any] = {}
    place, end = 0, len(text.rstrip(", \t\r\n"))
    while place < end:
        found = _KEY.match(text, place)
        if found is None:
            raise ValueError(f"{_piece(text, place)!r} is not KEY=JSON; write one such as top_k=5")
        key, (value, place) = found[1], _value(text, found)
        if (why_not := _not_to_be_set(key)) is not None:
            raise ValueError(why_not)
        if key in fields:
            raise ValueError(f"{key} is set twice; leave one out")
        fields[key] = value
    return fields


def written_fields(fields: Mapping[str, Any]) -> str:
    """The inverse of `parse_fields`, on one line."""
    return " ".join(f"{key}={json.dumps(value)}" for key, value in fields.items())


def thinking_fits(thinking: str | None, max_tokens: int) -> None:
    """Check that thinking, which is part of the reply, leaves room for the answer.

    Raises:
        ValueError: the one leaves no room for the other.
    """
    if thinking is not None and thinking not in THINKING and int(thinking) >= max_tokens:
        raise ValueError(
            f"{int(thinking):,} tokens of thinking leave nothing of {max_tokens:,} tokens a reply;"
            " give fewer, or raise --max-tokens"
        )


def fields_of(config: EvaluationConfig) -> dict[str, Any]:
    """Request fields for the settings, as the Messages API names them."""
    fields: dict[str, Any] = {}
    if config.system is not None:
        fields["system"] = config.system
    if config.thinking is not None:
        fields["thinking"] = _thinking_field(config.thinking)
    if config.effort is not None:
        fields["output_config"] = {"effort": config.effort}
    if config.temperature is not None:
        fields["temperature"] = config.temperature
    if config.top_p is not None:
        fields["top_p"] = config.top_p
    return {**fields, **config.set}


def setting_words(config: EvaluationConfig) -> tuple[str, ...]:
    """Settings besides model and task, a few words each; empty when none are set."""
    said = []
    if config.api == "openai":
        said.append("Chat Completions")
    if config.thinking is not None:
        tokens = config.thinking not in THINKING
        said.append(f"thinking {int(config.thinking):,} tokens" if tokens else f"thinking {config.thinking}")
    if config.effort is not None:
        said.append(f"effort {config.effort}")
    if config.temperature is not None:
        said.append(f"temperature {config.temperature:g}")
    if config.top_p is not None:
        said.append(f"top-p {config.top_p:g}")
    if config.system is not None:
        said.append(f"system prompt {config.system_file or one_line(config.system, SHOWN)}")
    if config.timeout is not None:
        said.append(timeout_words(config.timeout))
    if config.tries is not None:
        said.append(f"{config.tries} {'try' if config.tries == 1 else 'tries'} of a request")
    if config.nonce:
        said.append("a nonce in each prompt")
    said += [f"{key} {one_line(json.dumps(value), SHOWN)}" for key, value in config.set.items()]
    return tuple(said)


def _thinking_field(thinking: str) -> dict[str, Any]:
    if thinking == "off":
        return {"type": "disabled"}
    if thinking == "auto":
        return {"type": "adaptive"}
    return {"type": "enabled", "budget_tokens": int(thinking)}


def _not_to_be_set(key: str) -> str | None:
    if key in OPTION_OF:
        return f"{key} has an option of its own: {OPTION_OF[key]}"
    why = _WITHOUT_OPTION.get(key)
    return None if why is None else f"{key} cannot be set: {why}"


def _value(text: str, key: re.Match[str]) -> tuple[Any, int]:
    try:
        value, end = STRICT.raw_decode(text, key.end())
    except (ValueError, RecursionError):
        end, value = -1, None
    if end < 0 or not re.match(r"[\s,]|$", text[end : end + 1]):
        piece = _piece(text, key.end())
        raise ValueError(
            f'the value of {key[1]}, {piece!r}, is not JSON; a text stands in double quotes: {key[1]}="…"'
        )
    return value, end


def _piece(text: str, place: int) -> str:
    return one_line(text[place : place + 200], 40)


def _number(text: str) -> float:
    try:
        return float(text.strip())
    except ValueError:
        return math.nan
