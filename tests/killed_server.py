"""The server of `tests.test_killed`, as a process of its own that outlives the program under test.

    python -m tests.killed_server LOG API

API is ``anthropic`` or ``openai``. It prints its address. Each conversation gets a number with its first reply; that
number and the count of turns settle every later reply, so a conversation goes the same way whoever asks and however
often. Each request is a line of LOG, written before it is answered: ``{"conversation": 7, "step": 2, "new": false}``.
While there is a file LOG.down, every request fails with the status that it holds, and nothing is written.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.chat_server import ChatAnswer, ChatServer, ToolCall
from tests.messages_server import Answer, Failure, Gate, MessagesServer, Received, Stream, tool_use

RIGHT = """\
import numpy as np

def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p == 1:
        return np.zeros_like(x)
    return x * (np.random.rand(*x.shape) >= p) / (1 - p)
"""
KINDS = ("right", "unscaled", "raises", "no code")
NUMBERED = re.compile(r"conversation (\d+)")
STEPS = {"answer": 1, "agent": 3}
"""Requests of one undisturbed trial."""


def kind_of(conversation: int) -> str:
    """How the answer of a conversation is, right or wrong."""
    return KINDS[conversation % len(KINDS)]


def code_of(conversation: int) -> str | None:
    """The code that a conversation comes to."""
    source = f"# conversation {conversation}\n{RIGHT}"
    match kind_of(conversation):
        case "right":
            return source
        case "unscaled":
            return source.replace(" / (1 - p)", "")
        case "raises":
            return source.replace("import numpy as np", "raise ValueError('no')")
    return None


def down_file(log: Path) -> Path:
    """Where an outage is announced to the server that writes to `log`."""
    return log.with_name(f"{log.name}.down")


class Delay(Gate):
    """Slows a stream down, so that a program is killed in the middle of it."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def hold(self, peer_left: Callable[[], bool]) -> bool:
        time.sleep(self._seconds)
        return not peer_left()


class Conversations:
    """Answers requests, and writes down which came."""

    def __init__(self, log: Path, api: str) -> None:
        self._log, self._down, self._written = log, down_file(log), WRITTEN[api]
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def __call__(self, request: Received) -> Stream | Failure:
        if self._down.exists():
            return Failure(int(self._down.read_text() or 500), "api_error", "down for a while")
        said = NUMBERED.search(json.dumps(request.body["messages"][1:]))
        step = 1 + sum(turn["role"] == "assistant" for turn in request.body["messages"])
        with self._lock:
            number = int(said[1]) if said else next(self._numbers)
            with self._log.open("a") as log:
                log.write(json.dumps({"conversation": number, "step": step, "new": said is None}) + "\n")
        text, call = _agent(number, step) if request.body.get("tools") else (_answer(number), None)
        steps: list[object] = []
        for event in self._written(text, call).events():
            steps += [event, Delay(0.012)]
        return Stream(steps)  # type: ignore[arg-type]


def _answer(number: int) -> str:
    code = code_of(number)
    said = f"This is conversation {number}."
    return f"{said}\n```python\n{code}```\n" if code else f"{said} I would rather not."


def _agent(number: int, step: int) -> tuple[str, ToolCall | None]:
    text = f"This is conversation {number}, step {step}."
    if step < STEPS["agent"]:
        return text, ToolCall("python_expression", {"expression": f"print({number} * {step})"}, f"t{step}")
    code = code_of(number)
    if code is None:
        return f"{text} I would rather not.", None
    return text, ToolCall("submit_answer", {"answer": code}, "s")


def _in_messages(text: str, call: ToolCall | None) -> Answer:
    if call is None:
        return Answer(text, pieces=6)
    return Answer(text, [tool_use(call.name, call.arguments, call.id)], "tool_use", pieces=6)


def _in_chunks(text: str, call: ToolCall | None) -> ChatAnswer:
    calls = [] if call is None else [call]
    return ChatAnswer(text, calls=calls, size=20)


SERVERS: dict[str, type[MessagesServer]] = {"anthropic": MessagesServer, "openai": ChatServer}
WRITTEN: dict[str, Callable[[str, ToolCall | None], Answer | ChatAnswer]] = {
    "anthropic": _in_messages,
    "openai": _in_chunks,
}
"""A reply as each API writes it."""


def main() -> None:
    api = sys.argv[2]
    server = SERVERS[api](Conversations(Path(sys.argv[1]), api))
    print(server.url, flush=True)
    # The end of the input is the end of whoever started this.
    sys.stdin.read()
    server.close()


if __name__ == "__main__":
    main()
