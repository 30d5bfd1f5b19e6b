"""What a record of another program tells of an answer besides its text: who answered, how it ended, what it used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_WITHIN = (
    "response", "body", "result", "message", "output", "choices", "completion", "traces", "calls", "agent", "config",
    "usage", "token_usage", "sampling_args",
)  # fmt: skip
"""Keys under which programs put what they know, from the outside in."""
_DEEPEST = 6
_LOOKED_AT = 64
"""Objects of one record that are looked at: batches of many choices say the same in each."""

_STOP_REASONS = {
    "stop": "end_turn",
    "eos": "end_turn",
    "completed": "end_turn",
    "length": "max_tokens",
    "max_output_tokens": "max_tokens",
    "model_length": "model_context_window_exceeded",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}
"""Stop reasons of OpenAI's APIs, Inspect and vLLM, as the Messages API names them."""
_LONGEST = 200
"""Characters of a name or a stop reason: a longer one is something else."""
_MOST_TOKENS = 10**12
_LONGEST_SECONDS = 10**7


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """What is known of one answer; what a record does not tell is ``None`` or 0."""

    model: str | None = None
    prompt: str | None = None
    stop_reason: str | None = None
    """As the Messages API names it, or as the record has it where that has no name for it."""
    input_tokens: int = 0
    """All of them, with those of a cache, as `output_tokens` are with those of thinking."""
    output_tokens: int = 0
    thinking_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    seconds: float = 0.0
    """Time that the answer took."""
    error: str | None = None
    """Why there is no answer, where the record says that something went wrong."""


NOTHING_KNOWN = KnownFacts()


def known_facts(record: object) -> KnownFacts:
    """Everything that a decoded record tells, wherever in it that stands."""
    objects = list(_objects(record))
    if not objects:
        return NOTHING_KNOWN
    used = next((each for each in objects if _has_tokens(each)), {})
    cache_read, cache_written = _cached(used)
    beside = cache_read + cache_written if _counts_cache_apart(used) else 0
    return KnownFacts(
        model=_first_text(objects, "model", "model_name"),
        prompt=_prompt(objects[0]),
        stop_reason=_stop_reason(objects),
        input_tokens=_tokens(used, "input_tokens", "prompt_tokens") + beside,
        output_tokens=_tokens(used, "output_tokens", "completion_tokens"),
        thinking_tokens=_thinking(used),
        cache_read_input_tokens=cache_read,
        cache_creation_input_tokens=cache_written,
        seconds=_seconds(objects),
        error=_error(objects),
    )


def stop_reason_of(said: str) -> str:
    """A stop reason of another program, as the Messages API names it; unchanged where that has no name for it."""
    return _STOP_REASONS.get(said, said)


def _objects(record: object) -> Iterator[Mapping[str, object]]:
    """The objects of a record that may tell something, from the outside in."""
    level: list[object] = [record]
    seen = 0
    for _ in range(_DEEPEST):
        inner: list[object] = []
        for one in level:
            if isinstance(one, list):
                inner += [each for each in one[:_LOOKED_AT] if isinstance(each, dict)]
            elif isinstance(one, dict):
                yield one
                seen += 1
                if seen >= _LOOKED_AT:
                    return
                inner += [one[key] for key in _WITHIN if isinstance(one.get(key), dict | list)]
        level = inner


def _first_text(objects: list[Mapping[str, object]], *names: str) -> str | None:
    for one in objects:
        for name in names:
            value = one.get(name)
            if isinstance(value, str) and 0 < len(value.strip()) <= _LONGEST:
                return value.strip()
    return None


def _prompt(record: Mapping[str, object]) -> str | None:
    """The prompt, where it is one text or a conversation whose last turn is the user's."""
    task = record.get("task")
    data = task.get("data") if isinstance(task, dict) else None
    prompt = record.get("prompt", data.get("prompt") if isinstance(data, dict) else None)
    if isinstance(prompt, str):
        return prompt or None
    if isinstance(prompt, list) and prompt and isinstance(prompt[-1], dict):
        said = prompt[-1].get("content")
        return said if isinstance(said, str) and said else None
    return None


def _stop_reason(objects: list[Mapping[str, object]]) -> str | None:
    said = _first_text(objects, "stop_reason", "finish_reason")
    if said is not None:
        return stop_reason_of(said)
    return "max_tokens" if any(one.get("is_truncated") is True for one in objects) else None


def _has_tokens(one: Mapping[str, object]) -> bool:
    return any(
        name in one for name in ("output_tokens", "completion_tokens", "input_tokens", "prompt_tokens")
    )


def _tokens(used: Mapping[str, object], *names: str) -> int:
    for name in names:
        value = used.get(name)
        if isinstance(value, int | float) and 0 <= value <= _MOST_TOKENS:
            return int(value)
    return 0


def _counts_cache_apart(used: Mapping[str, object]) -> bool:
    """Whether input tokens are told without those of a cache, as Anthropic and Inspect tell them."""
    return "cache_read_input_tokens" in used or "input_tokens_cache_read" in used


def _cached(used: Mapping[str, object]) -> tuple[int, int]:
    details = used.get("prompt_tokens_details", used.get("input_tokens_details"))
    within = _tokens(details, "cached_tokens") if isinstance(details, dict) else 0
    read = _tokens(used, "cache_read_input_tokens", "input_tokens_cache_read") or within
    return read, _tokens(used, "cache_creation_input_tokens", "input_tokens_cache_write")


def _thinking(used: Mapping[str, object]) -> int:
    details = used.get("completion_tokens_details", used.get("output_tokens_details"))
    within = _tokens(details, "reasoning_tokens", "thinking_tokens") if isinstance(details, dict) else 0
    return _tokens(used, "reasoning_tokens", "thinking_tokens") or within


def _seconds(objects: list[Mapping[str, object]]) -> float:
    for one in objects:
        for name in ("working_time", "total_time", "seconds"):
            value = one.get(name)
            if isinstance(value, int | float) and 0 <= value <= _LONGEST_SECONDS:
                return float(value)
    return 0.0


def _error(objects: list[Mapping[str, object]]) -> str | None:
    """What went wrong, as batches, Inspect and verifiers say it."""
    for one in objects:
        value = one.get("error")
        if isinstance(value, dict):
            value = value.get("message", value.get("type"))
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())[:_LONGEST]
    return None
