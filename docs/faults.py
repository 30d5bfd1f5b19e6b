"""What a server may do, and what comes of it: ``python -m docs.faults`` writes the table in ``docs/faults.md``.

A server on loopback behaves in each of these ways; one trial asks it. Waits between tries pass at once.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dropout_core.models import ModelError, ModelUnusable
from dropout_core.models.anthropic.client import AnthropicModel, TimeLimits
from dropout_core.models.retry.gate import Clock
from dropout_core.models.retry.retrying import MAX_TRIES, RetryingClient
from dropout_core.models.streaming.streaming_model import StreamingModel
from tests.core.api_model import Listener, asking
from tests.messages_server import (
    DROP,
    RESET,
    Answer,
    Behaviour,
    Failure,
    Gate,
    MessagesServer,
    Mute,
    Page,
    Raw,
    Stream,
    overloaded_event,
    thinking,
)

FILE = Path(__file__).with_suffix(".md")
PATIENT = TimeLimits(first_token=600, stall=600)
IMPATIENT = TimeLimits(first_token=2, stall=2, thinking=2)
"""For a server that falls silent."""

ANSWER = Answer("the answer", usage={"input_tokens": 100, "output_tokens": 50})
EVENTS = ANSWER.events()
STREAM = "text/event-stream"
DONE = b"data: [DONE]\n\n"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
_INTRODUCTION = """\
# What a server may do, and what comes of it

Each line is one trial against a server that behaves so every time, unless it says *once*; a request is tried eight
times at most (`--tries`). *Read*: the reply is whole and is graded. *Void*: the trial says nothing about the model, and
is not counted. *Stops*: no further request is sent, and `resume` goes on from there. `--timeout` sets the time limits.

That is so while others are answered. When three requests in a row fail to the end with no answer between them, the
others wait and are not made void: one request asks for all, after 30 seconds at first, and after half an hour the
evaluation ends, to be resumed. Until the first request begins to be answered it goes alone, and is tried four times.

`python -m docs.faults` wrote this table. That of servers asked with `--api openai`: [chat-faults.md](chat-faults.md).
"""


@dataclass(frozen=True)
class Api:
    """Who speaks it, and who asks."""

    server: type[MessagesServer]
    greeting: Behaviour
    model: Callable[[str, TimeLimits], StreamingModel[Any]]
    """Given the address."""


@dataclass(frozen=True)
class Case:
    """One way to behave."""

    what: str
    behaviour: Behaviour | Sequence[Behaviour]
    """Always, or one after the other and then as it should."""
    answered: bool = False
    """Whether a reply has come before."""
    limits: TimeLimits = PATIENT
    tries: int = MAX_TRIES
    path: str = ""
    """What is written behind the address."""


def as_bytes(*events: Mapping[str, Any]) -> bytes:
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


def with_usage(at_first: object, at_last: object) -> Stream:
    start = {**EVENTS[0], "message": {**EVENTS[0]["message"], "usage": at_first}}
    return Stream([start, *EVENTS[1:-2], {**EVENTS[-2], "usage": at_last}, EVENTS[-1]])


def stopping(reason: object) -> Stream:
    return Stream([*EVENTS[:-2], {**EVENTS[-2], "delta": {"stop_reason": reason}}, EVENTS[-1]])


def limited(**headers: str) -> Failure:
    return Failure(
        429,
        "rate_limit_error",
        "slow down",
        {name.replace("_", "-"): value for name, value in headers.items()},
    )


def soon() -> str:
    return (datetime.now(UTC) + timedelta(seconds=3)).isoformat()


def as_json(value: Mapping[str, Any]) -> Page:
    return Page(json.dumps(value).encode(), "application/json")


def error(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}}


ODD = b"\xef\xbb\xbf: hello\n\n"
FLOATS = {"input_tokens": "100", "output_tokens": 1.0}
CHOICE = {"message": {"content": "hi"}}
HTML = Page(b"<h1>Please log in</h1>")
PINGS = [{"type": "ping"}] * 3
HIDDEN = Answer("the answer", (thinking(""),)).events()
CASES: Mapping[str, Sequence[Case]] = {
    "Its own way of speaking": (
        Case("a whole reply", ANSWER),
        Case("`stop_reason` null", stopping(None)),
        Case("`stop_reason` empty", stopping("")),
        Case("no `message_delta`", Stream([*EVENTS[:-2], EVENTS[-1]])),
        Case("no `message_start`", Stream(EVENTS[1:])),
        Case("no `message_stop`", Stream(EVENTS[:-1])),
        Case("`[DONE]` at the end", Stream([*EVENTS, DONE])),
        Case("`[DONE]` and nothing else", Stream([DONE])),
        Case("no blank line at the end", Stream([as_bytes(*EVENTS).rstrip()])),
        Case("a byte order mark, unknown events, comments", Stream([ODD, {"type": "bye"}, *EVENTS])),
        Case("JSON although a stream was asked for", as_json(ANSWER.message())),
        Case("gzip", Page(gzip.compress(as_bytes(*EVENTS)), STREAM, headers={"content-encoding": "gzip"})),
        Case("`/v1` in the address", ANSWER, path="/v1"),
        Case("a redirect to itself, once", [Failure(307, headers={"location": "/v1/messages"})]),
        Case("the connection stays open after the reply", Stream([*EVENTS, Gate()])),
        Case("the connection breaks after the reply", Stream([*EVENTS[:-1], RESET])),
        Case("signs of life before the reply", Stream([*PINGS, *EVENTS])),
        Case("thinking out of sight", Stream([*HIDDEN[:2], *PINGS, *HIDDEN[2:]])),
    ),
    "Another way of counting": (
        Case("no usage", with_usage(None, None)),
        Case("usage as floats and strings", with_usage(FLOATS, {"output_tokens": "50"})),
        Case("negative usage", with_usage({"input_tokens": -5, "output_tokens": -1}, {"output_tokens": -50})),
        Case("usage beyond all measure", with_usage({"input_tokens": 100}, {"output_tokens": 10**30})),
        Case("a closing usage of nought", with_usage({"input_tokens": 100}, {"input_tokens": 0, "output_tokens": 50})),
    ),
    "Another API, or none": (
        Case("OpenAI's stream", Stream([b'data: {"choices":[{"delta":{"content":"hi"}}]}\n\n', DONE])),
        Case("OpenAI's JSON", as_json({"object": "chat.completion", "choices": [CHOICE]})),
        Case("OpenAI's Responses", Stream([b'data: {"type":"response.created"}\n\n'])),
        Case("Google's JSON", as_json({"candidates": []})),
        Case("Ollama's lines", Page(b'{"model":"m","message":{},"done":false}\n', "application/x-ndjson")),
        Case("a web page", HTML),
        Case("a web page, after a reply", HTML, answered=True),
        Case("an empty page", Page(b"", "text/html")),
        Case("no HTTP", Raw(b"SSH-2.0-OpenSSH_9\r\n")),
        Case("TLS, asked without it", Raw(b"\x15\x03\x01\x00\x02\x02F")),
        Case("headers without an end", Page(b"{}", headers={"x-long": "y" * 50_000})),
        Case("gzip that is none", Page(b"no gzip", STREAM, headers={"content-encoding": "gzip"})),
        Case("an encoding nobody asked for", Page(as_bytes(*EVENTS), STREAM, headers={"content-encoding": "lz4"})),
        Case("a redirect to another server", Failure(307, headers={"location": "https://other.example/v1/messages"})),
        Case("a redirect to a page", Failure(302, headers={"location": "/login"})),
        Case("redirects in a circle", Failure(307, headers={"location": "/v1/messages"})),
    ),
    "Refusals": (
        Case("401", Failure(401, "authentication_error", "invalid x-api-key")),
        Case("402", Failure(402, "billing_error", "no card")),
        Case("403", Failure(403, "permission_error", "not for you")),
        Case("404 of the model", Failure(404, "not_found_error", "model: claude-x")),
        Case("404 of the path", Failure(404, "not_found_error", "Not Found")),
        Case("400", Failure(400, "invalid_request_error", "tools: too many")),
        Case("400, after a reply", Failure(400, "invalid_request_error", "prompt is too long"), answered=True),
        Case("413", Failure(413, "request_too_large", "too big")),
        Case("429", limited()),
        Case("429, once, with a wait in a header of the API", [limited(
            anthropic_ratelimit_requests_remaining="0", anthropic_ratelimit_requests_reset=soon())]),
        Case("429, once, with an ISO date", [limited(retry_after=soon())]),
        Case("429 with an hour to wait", limited(retry_after="3600")),
        Case("429 with a wait without an end", limited(retry_after="inf")),
        Case("500", Failure(500, message="out of memory")),
        Case("500 that says overloaded", Failure(500, message="Overloaded")),
        Case("500 with `x-should-retry: false`", Failure(500, message="for good", headers={"x-should-retry": "false"})),
        Case("502 with a web page", Page(b"<h1>Bad Gateway</h1>", status=502)),
        Case("503 with control characters and a key", Failure(503, message="\x1b[31mno\x1b[0m\nkey sk-abcdefgh12345")),
        Case("529", Failure(529, "overloaded_error", "Overloaded")),
        Case("529, once", [Failure(529, "overloaded_error", "Overloaded")]),
    ),
    "Replies that break off": (
        Case("closed without a word", DROP),
        Case("reset without a word", RESET),
        Case("closed in the middle", Stream([*EVENTS[:4], DROP])),
        Case("closed in the middle, once", [Stream([*EVENTS[:4], DROP])]),
        Case("ends in the middle", Stream(EVENTS[:4])),
        Case("an event that is no JSON", Stream([*EVENTS[:3], b"event: content_block_delta\ndata: {oops\n\n"])),
        Case("an error event", Stream([*EVENTS[:4], overloaded_event()])),
        Case("an error event without the API's form", Stream([b'data: {"error":{"message":"lost it"}}\n\n'])),
        Case("an error as JSON with status 200", as_json(error("api_error", "no"))),
        Case("a refused key in the middle", Stream([*EVENTS[:4], error("authentication_error", "expired")])),
        Case("silence, `--tries 2`", Mute(Gate()), limits=IMPATIENT, tries=2),
        Case("silence in the middle, `--tries 2`", Stream([*EVENTS[:4], Gate()]), limits=IMPATIENT, tries=2),
        Case("thinking without an end, `--tries 2`", Stream([*HIDDEN[:2], Gate()]), limits=IMPATIENT, tries=2),
    ),
    "Without an end": (
        Case("text", Raw(HEAD + as_bytes(*EVENTS[:2]), for_ever=as_bytes(EVENTS[2]) * 100)),
        Case("signs of life, faster than any reply", Raw(HEAD, for_ever=b": alive\n\n" * 1000)),
        Case("one line", Raw(HEAD + b"data: ", for_ever=b"x" * 65_536)),
        Case("one JSON document", Raw(HEAD, for_ever=b"{" * 65_536)),
        Case("the body of a 500", Raw(b"HTTP/1.1 500 X\r\n\r\n", for_ever=b"no " * 20_000)),
        Case("the body of a 400", Raw(b"HTTP/1.1 400 X\r\n\r\n", for_ever=b"no " * 20_000)),
    ),
}  # fmt: skip


MESSAGES = Api(
    MessagesServer, ANSWER, lambda url, limits: AnthropicModel("claude-x", url, time_limits=limits)
)


async def outcome_of(case: Case, api: Api) -> tuple[int, str, str]:
    """Requests, what became of the trial, and the message."""
    waited: list[float] = []

    async def pass_at_once(seconds: float) -> None:
        waited.append(seconds)
        await asyncio.sleep(0)

    with api.server(api.greeting) as server:
        model = api.model(server.url + case.path, case.limits)
        clock = Clock(now=lambda: sum(waited), sleep=pass_at_once)
        asker = RetryingClient(model, limit=1, max_tries=case.tries, clock=clock)
        if case.answered:
            await asker.reply(asking(), Listener())
        before = len(server.requests)
        if isinstance(case.behaviour, Sequence):
            server.play(*case.behaviour)
        else:
            server.default = case.behaviour
        outcome, message = await _asked(asker)
        requests = len(server.requests) - before
        await model.close()
        return requests, outcome, re.sub(r"127\.0\.0\.1:\d+", "HOST", message)


async def _asked(asker: RetryingClient) -> tuple[str, str]:
    try:
        reply = await asker.reply(asking(), Listener())
    except ModelUnusable as error:
        return "stops", str(error)
    except ModelError as error:
        return "void", str(error)
    used = reply.usage
    about = "≈ " if used.estimated else ""
    return "read", f"{about}{used.input_tokens} tokens in, {used.output_tokens} out, `{reply.stop_reason}`"


def section(title: str) -> str:
    """One of the tables."""
    return table(title, CASES[title], MESSAGES)


def table(title: str, cases: Sequence[Case], api: Api) -> str:
    """What comes of each of the cases."""
    lines = [f"## {title}", "", "| the server | requests | outcome | message |", "|---|---|---|---|"]
    for case in cases:
        requests, outcome, message = asyncio.run(outcome_of(case, api))
        lines.append(f"| {case.what} | {requests} | {outcome} | {message.replace('|', '/')} |")
    return "\n".join(lines) + "\n"


def main(say: Callable[[str], object] = print) -> int:
    """Write the file."""
    os.environ["ANTHROPIC_API_KEY"] = "sk-ant-test-0123456789"
    began = time.monotonic()
    text = "\n".join((_INTRODUCTION, *map(section, CASES)))
    FILE.write_text(text, encoding="utf-8")
    say(f"{FILE.name} in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
