r"""A server on loopback that speaks the Message Batches API over real HTTP, beside the Messages API.

    with BatchesServer() as server:
        server.answer = lambda request: Answer("```python\n…```")    # or ERRORED, EXPIRED, CANCELED, or Missing
        server.hold()                                                # batches stay in progress until `finish`
        assert len(server.batches) == 1

A batch has ended as soon as it is created, unless `hold` was called. `meddle` sees each call before it is carried out,
and `meddle_after` after that and before it is answered: what they return is done instead of an answer.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.messages_server import DROP, Answer, Drop, Failure, MessagesServer

DAY = 86_400.0
PATH = "/v1/messages/batches"


class NoReply(Enum):
    """What a request of a batch comes to besides an answer."""

    EXPIRED = auto()
    CANCELED = auto()
    MISSING = auto()
    """There is no line for it."""


@dataclass
class Batch:
    """One batch that the server has taken."""

    id: str
    requests: Mapping[str, Mapping[str, Any]]
    """Bodies by their ids."""
    created_at: float
    canceled: bool = False
    ended: bool = False
    archived: bool = False

    @property
    def ids(self) -> list[str]:
        return list(self.requests)


@dataclass(frozen=True)
class Call:
    """One call of the API: ``create``, ``retrieve``, ``list``, ``results`` or ``cancel``."""

    kind: str
    batch: str | None = None


Outcome = Answer | Failure | NoReply
Instead = Failure | Drop | None


class BatchesServer(MessagesServer):
    """Listens on a free port of 127.0.0.1 from the moment it is made."""

    def __init__(self, answer: Callable[[Mapping[str, Any]], Outcome] | None = None) -> None:
        super().__init__()
        self.answer = answer or (lambda _: Answer("hello"))
        """What a request of a batch comes to, by its body."""
        self.batches: list[Batch] = []
        self.calls: list[Call] = []
        self.meddle: Callable[[Call], Instead] = lambda _: None
        self.meddle_after: Callable[[Call], Instead] = lambda _: None
        self.line_sent_hook: Callable[[], None] = lambda: None
        """Called after each line of results."""
        self.page = 2
        """Most batches of one page of the list."""
        self._held = False
        self._batches_lock = threading.RLock()

    def hold(self) -> None:
        """Let batches stay in progress from now on."""
        self._held = True

    def finish(self, *batches: Batch) -> None:
        """End these batches, or all of them; those that come later end at once."""
        with self._batches_lock:
            self._held = self._held and bool(batches)
            for batch in batches or self.batches:
                batch.ended = True

    @property
    def submitted(self) -> list[str]:
        """Ids of all requests of all batches."""
        return [id_ for batch in self.batches for id_ in batch.ids]

    def kinds(self) -> list[str]:
        """The calls so far, by their kinds."""
        return [call.kind for call in self.calls]

    def line_sent(self) -> None:
        self.line_sent_hook()

    def batch_call(
        self, method: str, path: str, body: Mapping[str, Any]
    ) -> tuple[int, bytes] | Failure | Drop:
        """Carry out a call of the Message Batches API."""
        parts = urlsplit(path)
        names = parts.path.removeprefix(PATH).strip("/").split("/")
        id_ = names[0] or None
        kind = {"POST": "create", "GET": "list"}[method] if id_ is None else "retrieve"
        kind = names[1] if len(names) > 1 else kind
        call = Call(kind, id_)
        with self._batches_lock:
            self.calls.append(call)
        instead = self.meddle(call)
        if instead is not None:
            return instead
        with self._batches_lock:
            answered = self._carried_out(call, body, parse_qs(parts.query))
        return self.meddle_after(call) or answered

    def _carried_out(
        self, call: Call, body: Mapping[str, Any], query: Mapping[str, list[str]]
    ) -> tuple[int, bytes] | Failure:
        if call.kind == "create":
            return 200, _json(self._seen(self._create(body)))
        if call.kind == "list":
            return 200, _json(self._listed(query))
        batch = next((each for each in self.batches if each.id == call.batch), None)
        if batch is None:
            return Failure(404, "not_found_error", "batch not found")
        match call.kind:
            case "cancel":
                batch.canceled = batch.ended = True
                return 200, _json(self._seen(batch))
            case "results" if batch.archived or not batch.ended:
                return Failure(404, "not_found_error", "no results")
            case "results":
                # In another order than they were asked in.
                lines = [
                    line
                    for id_, asked in reversed(tuple(batch.requests.items()))
                    if (line := self._line(batch, id_, asked))
                ]
                return 200, "".join(f"{json.dumps(line)}\n" for line in lines).encode()
            case _:
                return 200, _json(self._seen(batch))

    def _create(self, body: Mapping[str, Any]) -> Batch:
        requests = {each["custom_id"]: each["params"] for each in body["requests"]}
        assert len(requests) == len(body["requests"]), "ids are unique in a batch"
        assert all(0 < len(id_) <= 64 for id_ in requests)
        batch = Batch(f"msgbatch_{len(self.batches) + 1:04}", requests, time.time(), ended=not self._held)
        self.batches.append(batch)
        return batch

    def _listed(self, query: Mapping[str, list[str]]) -> dict[str, Any]:
        newest = self.batches[::-1]
        after = query.get("after_id", [None])[0]
        if after is not None:
            newest = newest[[each.id for each in newest].index(after) + 1 :]
        page = newest[: self.page]
        return {
            "data": [self._seen(each) for each in page],
            "has_more": len(newest) > len(page),
            "first_id": page[0].id if page else None,
            "last_id": page[-1].id if page else None,
        }

    def _seen(self, batch: Batch) -> dict[str, Any]:
        counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
        for asked in batch.requests.values():
            counts[self._count_of(batch, asked)] += 1
        return {
            "id": batch.id,
            "type": "message_batch",
            "processing_status": "ended" if batch.ended else "in_progress",
            "request_counts": counts,
            "created_at": _moment(batch.created_at),
            "expires_at": _moment(batch.created_at + DAY),
            "ended_at": _moment(time.time()) if batch.ended else None,
            "archived_at": _moment(time.time()) if batch.archived else None,
            "cancel_initiated_at": None,
            "results_url": f"{self.url}{PATH}/{batch.id}/results"
            if batch.ended and not batch.archived
            else None,
        }

    def _count_of(self, batch: Batch, asked: Mapping[str, Any]) -> str:
        if not batch.ended:
            return "processing"
        match self._outcome(batch, asked):
            case Failure():
                return "errored"
            case NoReply.EXPIRED:
                return "expired"
            case NoReply.CANCELED:
                return "canceled"
            case _:
                return "succeeded"

    def _outcome(self, batch: Batch, asked: Mapping[str, Any]) -> Outcome:
        return NoReply.CANCELED if batch.canceled else self.answer(asked)

    def _line(self, batch: Batch, id_: str, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        match self._outcome(batch, asked):
            case Answer() as answer:
                result: dict[str, Any] = {"type": "succeeded", "message": answer.message()}
            case Failure() as failure:
                error = {"type": failure.kind, "message": failure.message}
                result = {
                    "type": "errored",
                    "error": {"type": "error", "error": error, "request_id": "req_test"},
                }
            case NoReply.MISSING:
                return None
            case NoReply() as none:
                result = {"type": none.name.lower()}
        return {"custom_id": id_, "result": result}


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


__all__ = ["DROP", "Batch", "BatchesServer", "Call", "NoReply"]
