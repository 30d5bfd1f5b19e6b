"""Formats of completions that other programs write.

Supported are samples of EvalPlus, BigCodeBench and LiveCodeBench, rows of TRL and verifiers, conversations and
responses of OpenAI and Anthropic, including their batches, and any object with its answer under one of `ANSWER_KEYS`.
The format is recognised by the content of a file, not by its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from dropout_core.extraction.definition_line import definition_line
from dropout_core.extraction.written_tool_calls import calls_in

ANSWER_KEYS = (
    "completion", "solution", "code_list", "output_list", "completions", "raw_solution", "code", "response",
    "responses", "output", "outputs", "generation", "generations", "generated_text", "text", "reply", "answer",
    "messages", "choices", "content", "result", "body", "message", "traces", "nodes", "samples", "resps", "prediction",
)  # fmt: skip
"""Keys under which an object may hold its answer, or answers. The first that holds text is used."""

_ID_KEYS = ("task_id", "question_id", "custom_id", "example_id", "id")

LONGEST_LINE = 32 << 20
"""Longest line that is read, in bytes."""

_DEEPEST = 8
_LINES_LOOKED_AT = 50
_MOST_ANSWERS = 10_000
_JSON_BEGINS = re.compile(rb'[\s\xef\xbb\xbf]*[\[{"]')


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer, or the reason why there is none."""

    line: int
    """Line of the file, counted from 1; in a single JSON list, the item."""
    task_id: str | None
    text: str
    sample: int | None = None
    """Which answer of the line, counted from 1, where it has several."""
    fault: str | None = None
    """What is wrong with the line, such as ``"is not JSON: …"``."""


def completions_in(raw: bytes, *, lines_expected: bool = False) -> Iterator[Completion] | None:
    """Completions in `raw`, read one after the other; ``None`` where it is text and not JSON. With `lines_expected`
    each line should be JSON, and reading goes on even if the first is broken."""
    if _JSON_BEGINS.match(raw):
        document = decode(raw)
        value = None if isinstance(document, str) else document.value
        if (
            isinstance(value, list)
            and not is_conversation(value)
            and any(isinstance(one, dict) for one in value)
        ):
            return _of_items(value)
        if isinstance(value, dict | list):
            first = next(number for number, _ in _lines(raw))
            return iter(completions_of(first, value))
    first_lines = [line for _, line in islice(_lines(raw), _LINES_LOOKED_AT)]
    if lines_expected:
        return _of_lines(raw) if any(map(_JSON_BEGINS.match, first_lines)) else None
    begin = sum(map(bool, map(_JSON_BEGINS.match, first_lines)))
    # A reply may contain a line of JSON, such as a tool call written as text.
    mostly = _JSON_BEGINS.match(raw) is not None and 2 * begin > len(first_lines)
    return _of_lines(raw) if mostly and any(map(_is_completion, first_lines)) else None


def _is_completion(line: bytes) -> bool:
    decoded = decode(line) if _JSON_BEGINS.match(line) else ""
    return (
        not isinstance(decoded, str) and isinstance(decoded.value, dict) and bool(answers_of(decoded.value))
    )


@dataclass(frozen=True, slots=True)
class Decoded:
    """A value that was read from JSON; it may be null."""

    value: object


def decode(raw: bytes) -> Decoded | str:
    """JSON value of `raw`, or what is wrong with it."""
    try:
        return Decoded(json.loads(raw.decode("utf-8-sig")))
    except UnicodeDecodeError:
        return "is not UTF-8 text"
    except RecursionError:
        return "is nested too deeply"
    except json.JSONDecodeError as error:
        return "holds a NUL byte" if b"\0" in raw else f"is not JSON: {error}"
    except ValueError:
        return "holds a number with too many digits"


def _lines(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Non-blank lines, with their numbers."""
    start, number = 0, 0
    while start < len(raw):
        stop = raw.find(b"\n", start)
        stop = len(raw) if stop < 0 else stop
        number += 1
        line = raw[start : min(stop, start + LONGEST_LINE + 1)]
        if line.strip():
            yield number, line
        start = stop + 1


def _of_lines(raw: bytes) -> Iterator[Completion]:
    for number, line in _lines(raw):
        if len(line) > LONGEST_LINE:
            yield Completion(number, None, "", fault=f"is longer than {LONGEST_LINE >> 20} MB")
            continue
        decoded = decode(line)
        if isinstance(decoded, str):
            yield Completion(number, None, "", fault=decoded)
        else:
            yield from completions_of(number, decoded.value)


def _of_items(values: Sequence[object]) -> Iterator[Completion]:
    for number, value in enumerate(values, 1):
        yield from completions_of(number, value)


def completions_of(number: int, value: object) -> list[Completion]:
    """Completions of one line; one with a fault where there is none."""
    task_id = _task_id(value)
    texts = answers_of(value)[:_MOST_ANSWERS]
    if not texts:
        return [Completion(number, task_id, "", fault=f"holds no answer; it needs {_keys()}")]
    if len(texts) == 1:
        return [Completion(number, task_id, texts[0])]
    return [Completion(number, task_id, text, sample) for sample, text in enumerate(texts, 1)]


def _keys() -> str:
    return " or ".join(repr(key) for key in ("completion", "solution", "code_list", "messages", "choices"))


def _task_id(value: object) -> str | None:
    if not isinstance(value, dict):
        return None
    found = (value[key] for key in _ID_KEYS if isinstance(value.get(key), str | int))
    return next((str(one) for one in found), None)


def answers_of(value: object, depth: int = 0) -> list[str]:
    """Texts of the answers in a decoded JSON value: none, one, or several."""
    if depth > _DEEPEST:
        return []
    match value:
        case str():
            return [value]
        case list():
            return _answers_of_list(value, depth)
        case dict():
            return _answers_of_object(value, depth)
        case _:
            return []


def _answers_of_list(values: Sequence[object], depth: int) -> list[str]:
    if is_conversation(values) or _is_content(values):
        text = _of_conversation(values)
        return [] if text is None else [text]
    return [text for one in values for text in answers_of(one, depth + 1)[:_MOST_ANSWERS]]


def _answers_of_object(value: Mapping[str, object], depth: int) -> list[str]:
    if "role" in value or value.get("type") == "message":
        text = _of_conversation([value])
        return [] if text is None else [text]
    if isinstance(value.get("code_list"), list):
        return _of_lists(value["code_list"], value.get("output_list"))
    blank: list[str] = []
    for key in ANSWER_KEYS:
        found = answers_of(value.get(key), depth + 1)
        if any(text.strip() for text in found):
            return [_continued(value.get("prompt"), text) for text in found]
        blank = blank or found
    submitted = [text for call in calls_in(value) if (text := _submission(call.name, call.input)) is not None]
    return submitted[-1:] or blank


def _of_lists(codes: object, outputs: object) -> list[str]:
    """Answers in LiveCodeBench's lists; where no code was extracted from an output, the output itself is read."""
    codes = codes if isinstance(codes, list) else []
    outputs = outputs if isinstance(outputs, list) else []
    answers = []
    for place in range(max(len(codes), len(outputs))):
        both = [one[place] for one in (codes, outputs) if place < len(one) and isinstance(one[place], str)]
        answers.append(next((text for text in both if text.strip()), ""))
    return answers


def _continued(prompt: object, text: str) -> str:
    """Completion that continues the body of the function that its prompt begins."""
    if isinstance(prompt, str) and not definition_line().search(text) and re.match(r"\n*[ \t]+\S", text):
        starts = list(definition_line().finditer(prompt))
        if starts and "```" not in prompt[starts[-1].end() :]:
            return prompt + text
    return text


def is_conversation(values: Sequence[object]) -> bool:
    """Whether these are messages, items of the Responses API, or the nodes of a trace."""
    return bool(values) and all(
        isinstance(one, dict)
        and (
            "role" in one
            or ("message" in one and "sampled" in one)
            or one.get("type") in {"message", "function_call", "reasoning"}
        )
        for one in values
    )


def _is_content(values: Sequence[object]) -> bool:
    """Whether these are the blocks of one message."""
    return bool(values) and all(isinstance(one, dict) and isinstance(one.get("type"), str) for one in values)


def submission_of(messages: Sequence[object]) -> str | None:
    """What the first tool call that submits an answer submits; ``None`` where none does."""
    for message in _said_by_assistant(messages):
        for name, given in _tool_calls(message):
            if (submitted := _submission(name, given)) is not None:
                return submitted
    return None


def _of_conversation(messages: Sequence[object]) -> str | None:
    """What the conversation submits, or else the last words of the assistant."""
    if (submitted := submission_of(messages)) is not None:
        return submitted
    said = [
        _text(message.get("content", message.get("text", ""))) for message in _said_by_assistant(messages)
    ]
    spoken = [text for text in said if text.strip()]
    return spoken[-1] if spoken else (said[-1] if said else None)


def _said_by_assistant(messages: Sequence[object]) -> Iterator[Mapping[str, object]]:
    for one in messages:
        message = one.get("message", one) if isinstance(one, dict) else None
        if isinstance(message, dict) and message.get("role", "assistant") in {"assistant", "model"}:
            yield message


def _text(content: object) -> str:
    """Text of a message, without its thinking."""
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else [content]
    texts = (
        block.get("text")
        for block in blocks
        if isinstance(block, dict) and block.get("type", "text") in {"text", "output_text"}
    )
    return "\n\n".join(text for text in texts if isinstance(text, str))


def _tool_calls(message: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Names and arguments of a message's tool calls."""
    content = message.get("content")
    blocks = content if isinstance(content, list) else []
    calls = message.get("tool_calls")
    others = calls if isinstance(calls, list) else []
    for one in (*blocks, *others, message.get("function_call"), message):
        if not isinstance(one, dict):
            continue
        inner = one.get("function")
        call = inner if isinstance(inner, dict) else one
        name = call.get("name")
        given = next((call[key] for key in ("arguments", "input", "args") if key in call), None)
        if isinstance(name, str) and given is not None:
            yield name, given


def _submission(name: str, given: object) -> str | None:
    """Answer that a tool call submits."""
    if "submit" not in name.lower():
        return None
    if isinstance(given, str):
        try:
            decoded = json.loads(given, strict=False)
        except (ValueError, RecursionError):
            return given
        given = decoded if isinstance(decoded, dict) else given
    if isinstance(given, str):
        return given
    if not isinstance(given, dict):
        return None
    answer = given.get("answer", next(iter(given.values()), None))
    return answer if isinstance(answer, str) else None
