"""What a server of Chat Completions may do: ``python -m docs.chat_faults`` writes the table in ``docs/chat-faults.md``.

Made like that of the Messages API (`docs.faults`).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from docs.faults import Api, Case, table
from dropout_core.models.chat_completions.client import ChatModel
from tests.chat_server import END, ChatAnswer, ChatServer, chunk, counts
from tests.messages_server import DROP, RESET, Answer, Failure, Gate, Page, Stream

FILE = Path(__file__).with_name("chat-faults.md")

ANSWER = ChatAnswer("the answer", usage=counts(100, 50))
CHUNKS = ANSWER.events()
BEGUN = CHUNKS[:2]
TOO_LONG = "maximum context length is 4096"
ODD: list[Mapping[str, Any] | bytes] = [b": hello\n\n", {**chunk({"role": "assistant"}), "x": 1}]
BUSY = {"error": {"code": 429, "message": "busy"}}
CHAT = Api(ChatServer, ANSWER, lambda url, limits: ChatModel("qwen", url, time_limits=limits))
_INTRODUCTION = """\
# What a server of Chat Completions may do, and what comes of it

With `--api openai`. What the words mean, and what holds while others are answered: [faults.md](faults.md), which has
the same for the Messages API.

`python -m docs.chat_faults` wrote this table.
"""


def finished(reason: str | None) -> Stream:
    return Stream([*CHUNKS[:-3], chunk({}, reason), *CHUNKS[-2:]])


def json_page(value: Mapping[str, object], status: int = 200) -> Page:
    return Page(json.dumps(value).encode(), "application/json", status)


CASES: Mapping[str, Sequence[Case]] = {
    "Its own way of speaking": (
        Case("a whole reply", ANSWER),
        Case("`/v1` in the address", ANSWER, path="/v1"),
        Case("JSON although a stream was asked for", json_page(ANSWER.message())),
        Case("no usage", ChatAnswer("the answer", usage=None)),
        Case("no `[DONE]`", Stream(CHUNKS[:-1])),
        Case("no `finish_reason`", finished(None)),
        Case("`finish_reason` of its own", finished("eos")),
        Case("`finish_reason` `length`", finished("length")),
        Case("`finish_reason` `content_filter`", finished("content_filter")),
        Case("reasoning in `reasoning_content`", ChatAnswer("the answer", "because", usage=counts(100, 50, thought=9))),
        Case("reasoning in `reasoning`", ChatAnswer("the answer", "because", "reasoning", usage=counts(100, 50))),
        Case("the connection stays open after the reply", Stream([*CHUNKS, Gate()])),
        Case("comments and unknown fields", Stream([*ODD, *CHUNKS])),
        Case("a field that it does not take, once", [
            Failure(400, "invalid_request_error", "stream_options: Extra inputs are not permitted")]),
    ),
    "Another API, or none": (
        Case("the stream of the Messages API", Stream(Answer("hi").events())),
        Case("JSON of the Messages API", json_page(Answer("hi").message())),
        Case("a web page", Page(b"<h1>Please log in</h1>")),
        Case("a web page, after a reply", Page(b"<h1>Please log in</h1>"), answered=True),
        Case("404 of the path", Failure(404, "not_found_error", "Not Found")),
    ),
    "Refusals": (
        Case("401", Failure(401, "invalid_request_error", "Incorrect API key provided")),
        Case("403", Failure(403, "permission_error", "not for you")),
        Case("404 of the model", Failure(404, "invalid_request_error", "The model `qwen` does not exist")),
        Case("400", Failure(400, "invalid_request_error", "messages: too many")),
        Case("400, after a reply", Failure(400, "invalid_request_error", TOO_LONG), answered=True),
        Case("422 as FastAPI writes it", json_page({"detail": [{"loc": ["body", "n"], "msg": "no integer"}]}, 422)),
        Case("429", Failure(429, "rate_limit_error", "slow down")),
        Case("429, once, with a wait", [Failure(429, "rate_limit_error", "slow down", {"retry-after": "7"})]),
        Case("500", Failure(500, message="out of memory")),
        Case("503 while it loads, once", [Failure(503, "unavailable_error", "Loading model")]),
    ),
    "Replies that break off": (
        Case("closed without a word", DROP),
        Case("reset without a word", RESET),
        Case("closed in the middle", Stream([*BEGUN, DROP])),
        Case("closed in the middle, once", [Stream([*BEGUN, DROP])]),
        Case("ends in the middle", Stream(BEGUN)),
        Case("`[DONE]` and nothing else", Stream([END])),
        Case("a chunk that is no JSON", Stream([*BEGUN, b"data: {oops\n\n"])),
        Case("an error in the stream", Stream([*BEGUN, {"error": {"code": 500, "message": "engine is dead"}}])),
        Case("an error in the stream, of too many requests", Stream([*BEGUN, BUSY])),
    ),
}  # fmt: skip


def section(title: str) -> str:
    """One of the tables."""
    return table(title, CASES[title], CHAT)


def main(say: Callable[[str], object] = print) -> int:
    """Write the file."""
    os.environ["OPENAI_API_KEY"] = "sk-test-0123456789"
    FILE.write_text("\n".join((_INTRODUCTION, *map(section, CASES))), encoding="utf-8")
    say(f"wrote {FILE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
