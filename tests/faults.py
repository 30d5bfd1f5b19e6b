"""A Messages API that does its worst at a given rate, and knows what it did.

    worst = Worst(rate=0.3, seed=1)
    with MessagesServer(worst) as server:
        ...
    assert len(server.requests) == trials + worst.done.total()

Which requests go wrong follows from the seed and from what is asked, so it is the same however many come at once.
What is asked must differ from trial to trial: see `Numbered`.
"""

from __future__ import annotations

import email.utils
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from dropout_core.models import Model, Reply, Request
from dropout_core.values.conversation import Message, TextBlock
from tests.messages_server import (
    DROP,
    RESET,
    Answer,
    Behaviour,
    Failure,
    Gate,
    Mute,
    Page,
    Received,
    Stream,
    overloaded_event,
)

ANSWER = Answer("```python\ndef dropout(x, p, training):\n    return 'pass'\n```")
_EVENTS = ANSWER.events()


def _limited(**headers: str) -> Failure:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Failure(429, "rate_limit_error", "Slow down", headers=named)


def _in_two_seconds() -> str:
    return email.utils.formatdate(time.time() + 2, usegmt=True)


FAULTS: dict[str, Callable[[], Behaviour]] = {
    "429": _limited,
    "429, wait 2 s": lambda: _limited(retry_after="2"),
    "429, wait 300 ms": lambda: _limited(retry_after_ms="300"),
    "429, wait until a date": lambda: _limited(retry_after=_in_two_seconds()),
    "429, wait an hour": lambda: _limited(retry_after="3600"),
    "500": lambda: Failure(500),
    "503": lambda: Failure(503),
    "529": lambda: Failure(529, "overloaded_error", "Overloaded"),
    "no answer on a kept connection": lambda: DROP,
    "reset before the answer": lambda: RESET,
    "closed mid-stream": lambda: Stream([*_EVENTS[:4], DROP]),
    "reset mid-stream": lambda: Stream([*_EVENTS[:4], RESET]),
    "stalls mid-stream": lambda: Stream([*_EVENTS[:4], Gate()]),
    "error event mid-stream": lambda: Stream([*_EVENTS[:4], overloaded_event()]),
    "malformed event": lambda: Stream([*_EVENTS[:3], b"event: content_block_delta\ndata: {oops\n\n"]),
    "ends without a stop reason": lambda: Stream(_EVENTS[:-2]),
    "ends before it begins": lambda: Stream([]),
    "wrong content type": lambda: Page(b"<h1>Please log in</h1>"),
    "long silence": lambda: Mute(Gate()),
}
"""What a server may do to a single request without ever meaning it."""

AT_MOST_IN_A_ROW = 6
"""With eight tries every request is answered in the end."""


class Worst:
    """Answers, except for a share of the requests."""

    def __init__(self, *, rate: float, seed: int = 0) -> None:
        self.done: Counter[str] = Counter()
        """The faults so far."""
        self._rate = rate
        self._seed = seed
        self._tries: Counter[str] = Counter()
        self._answered = False
        self._lock = threading.Lock()

    def __call__(self, request: Received) -> Behaviour:
        asked = str(request.body["messages"])
        with self._lock:
            self._tries[asked] += 1
            fault = self._fault(asked, self._tries[asked])
            if fault is not None:
                self.done[fault] += 1
                return FAULTS[fault]()
        # Some servers leave the first event out; others add ones that nobody knows.
        odd = random.Random(f"{self._seed} {asked}").random()
        return Stream(_EVENTS[1:]) if odd < 0.1 else ANSWER

    def _fault(self, asked: str, try_: int) -> str | None:
        fortune = random.Random(f"{self._seed} {asked} {try_}")
        if try_ > AT_MOST_IN_A_ROW or fortune.random() >= self._rate:
            return None
        fault = fortune.choice(list(FAULTS))
        # A second one in a row would be meant.
        meant = fault == "429, wait an hour" and try_ > 1
        return "429, wait 2 s" if meant else fault


class Numbered:
    """A model that is asked something else in each attempt, so that the server can tell them apart."""

    def __init__(self, model: Model) -> None:
        self._model = model

    @property
    def name(self) -> str:
        return self._model.name

    async def open(self) -> None:
        await self._model.open()

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        number = Message("user", (TextBlock(f"Attempt {request.seed}."),))
        return await self._model.reply(replace(request, messages=(number, *request.messages)), on_text)

    async def close(self) -> None:
        await self._model.close()
