"""Events of an evaluation: small frozen values, stored in order; its state is computed from them.

Every event is stored before it is shown, except those of `FLEETING`, which are shown and never stored.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from dropout_core.state.stored_config import config_from
from dropout_core.values.config import EvaluationConfig, LimitSource
from dropout_core.values.conversation import Message
from dropout_core.values.plan import Plan
from dropout_core.values.price import Price
from dropout_core.values.stored.compact_json import dump
from dropout_core.values.stored.value import (
    Reader,
    Unreadable,
    WrittenByNewer,
    count,
    fields_reader,
    number,
    shown,
)
from dropout_core.verdict.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, with its time in seconds since the epoch."""

    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationStarted(Event):
    """An evaluation was set up: its trials are queued."""

    config: EvaluationConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationReopened(Event):
    """An evaluation that had ended, or was cut off, goes on."""

    cut_off_at: float | None = None
    """Time of the latest event before it; ``None`` takes it from the events before this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreHealed(Event):
    """The store works again after it was blocked; nothing went on meanwhile."""

    since: float
    """When the store was first found to be blocked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationEnded(Event):
    """Everything is done, or the evaluation was stopped."""

    reason: str
    """``completed``, ``decided``, ``budget``, ``stopped``, or one line that says why it could not go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcurrencyChanged(Event):
    """The user changed the number of trials that may be in flight at once."""

    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcurrencyAdapted(Event):
    """The number of requests that may be in flight changed, because the server turned some away or answers again."""

    allowed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyLimitKnown(Event):
    """The token limit of a reply was determined; it holds from the first request on."""

    max_tokens: int
    source: LimitSource


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceKnown(Event):
    """The price of the model's tokens was determined; it holds for the whole evaluation."""

    price: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChanged(Event):
    """The plan was changed: the number of runs, the band, or the budget."""

    plan: Plan
    graded: int
    """Number of runs graded by then: whoever changed the band may have seen them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPlanned(Event):
    """A batch is about to be submitted; stored before it is, so that it is never submitted twice."""

    batch: int
    """Counts from 1."""
    mark: str
    """Beginning of the ids of its requests, which no other batch has."""
    requests: int
    """Number of its requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSubmitted(Event):
    """The server has taken a batch."""

    batch: int
    id: str
    """As the server names it."""
    expires_at: float
    """When the server gives up what it has not answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchProgressed(Event):
    """How far a batch has come, as its server says."""

    batch: int
    done: int
    """Number of its requests that are answered, or never will be."""
    note: str
    """What keeps it, in a few words; empty while its server works on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDropped(Event):
    """A batch is waited for no longer; requests that it has not answered may be asked anew."""

    batch: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialEvent(Event):
    """Something that happened to one trial."""

    trial: int
    """Counts from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialQueued(TrialEvent):
    """The trial waits for a slot to make a new attempt (a rerun, or after an interruption)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RerunWithdrawn(TrialEvent):
    """The waiting rerun of a trial that had ended was withdrawn: its outcome stays."""

    reason: str
    """A reason as in `EvaluationEnded`, or that the user took it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseAsked(TrialEvent):
    """A pause was requested: the trial pauses at its next boundary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused(TrialEvent):
    """The trial reached a boundary, released its slot and waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed(TrialEvent):
    """The pause ended; a trial that had released its slot waits for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptContinued(TrialEvent):
    """A resumed trial has a slot again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptEvent(TrialEvent):
    """Something that happened to one attempt of a trial."""

    attempt: int
    """Counts from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptStarted(AttemptEvent):
    """The attempt has a slot."""

    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSent(AttemptEvent):
    """A request was sent to the model; once for each try."""

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestBatched(AttemptEvent):
    """A request is part of a batch that is about to be submitted."""

    step: int
    batch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHeld(AttemptEvent):
    """A request waits to be sent, for the first time or again."""

    step: int
    reason: str
    """Reason in a few words: ``"API rate limited"``."""
    seconds: float | None
    """Least seconds until it is sent; ``None`` when that depends on when other requests are answered."""
    failures: int
    """Failed tries of this request; 0 when it waits because others were turned away."""
    max_tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TryFailed(AttemptEvent):
    """A try of a request ended without a reply. The tokens that it is known to have used count as spent."""

    step: int
    reason: str
    discarded_text: bool
    """Whether part of a reply had arrived, which is discarded."""
    input_tokens: int
    output_tokens: int
    thinking_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    estimated: bool = False
    """Whether some token counts are estimates, as the server did not report all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextArrived(AttemptEvent):
    """A piece of a reply arrived."""

    step: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkingNoticed(AttemptEvent):
    """The server sends signs of life without output: the model thinks, or waits its turn there."""

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAdded(AttemptEvent):
    """A turn of the conversation is complete. Stored apart from other events and read when it is shown."""

    position: int
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyFinished(AttemptEvent):
    """A reply is complete."""

    step: int
    stop_reason: str
    model: str
    input_tokens: int
    output_tokens: int
    seconds: float
    thinking_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    estimated: bool = False
    """As in `TryFailed`."""
    refusal_category: str | None = None
    """As `Reply` has it, like `refusal_explanation`."""
    refusal_explanation: str | None = None
    digest: str = ""
    """Equal for replies with the same content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCalled(AttemptEvent):
    """A tool call is being run."""

    step: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFound(AttemptEvent):
    """The answer's code was extracted."""

    code: str
    origin: str
    """Where in the reply it stood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradingStarted(AttemptEvent):
    """The code is being run in the sandbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictReached(AttemptEvent):
    """The attempt ended with a verdict."""

    verdict: Verdict


KINDS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        EvaluationStarted, EvaluationReopened, EvaluationEnded, StoreHealed, ConcurrencyChanged, ConcurrencyAdapted,
        ReplyLimitKnown, PriceKnown, PlanChanged, BatchPlanned, BatchSubmitted, BatchProgressed, BatchDropped,
        TrialQueued, RerunWithdrawn, PauseAsked, Paused, Resumed, AttemptContinued,
        AttemptStarted, RequestSent, RequestBatched, RequestHeld, TryFailed, TextArrived, ThinkingNoticed, MessageAdded,
        ReplyFinished, ToolCalled, CodeFound, GradingStarted, VerdictReached,
    )
}  # fmt: skip

FLEETING = (TextArrived, ThinkingNoticed, RequestHeld, ConcurrencyAdapted, BatchProgressed)
"""Events that matter only while they happen: the whole reply is stored, and nothing is waiting after a restart."""

_READERS: dict[str, Reader] = {
    "config": config_from,
    "message": Message.from_json,
    "plan": Plan.from_json,
    "price": Price.from_json,
    "verdict": Verdict.from_json,
}
_KEPT_IN_COLUMNS = frozenset({"at", "trial", "attempt"})
_READ_BODY = {kind: fields_reader(kind, _READERS, without=_KEPT_IN_COLUMNS) for kind in KINDS.values()}
_KEPT_IN_BODY: dict[type[Event], tuple[str, ...]] = {
    kind: tuple(item.name for item in fields(kind) if item.name not in _KEPT_IN_COLUMNS)
    for kind in KINDS.values()
}


def body_of(event: Event) -> dict[str, Any]:
    """Fields of a stored event besides its kind, time, trial and attempt, as plain JSON values."""
    body: dict[str, Any] = {}
    for name in _KEPT_IN_BODY[type(event)]:
        value = getattr(event, name)
        body[name] = value.to_json() if name in _READERS else value
    return body


def body_text(event: Event) -> str:
    """`body_of` as stored text."""
    if isinstance(event, VerdictReached):
        return f'{{"verdict":{event.verdict.json_text()}}}'
    return dump(body_of(event))


def event_from(kind: str, at: float, trial: int | None, attempt: int | None, body: dict[str, Any]) -> Event:
    """The inverse of `body_of`.

    Raises:
        WrittenByNewer: this version does not know the kind, or has no such field.
        Unreadable: it is no event.
    """
    known = KINDS.get(kind) if isinstance(kind, str) else None
    if known is None:
        raise WrittenByNewer(f"an event {shown(kind)}")
    values = _READ_BODY[known](body)
    for name in body:
        if name not in _KEPT_IN_BODY[known]:
            raise WrittenByNewer(f"the field {shown(name)} of an event {kind}")
    for name, value, kinds in (("trial", trial, TrialEvent), ("attempt", attempt, AttemptEvent)):
        if issubclass(known, kinds):
            values[name] = _number_of(name, value)
        elif value is not None:
            raise Unreadable(f"an event {kind} has no {name}")
    return known(at=number(at), **values)


def _number_of(name: str, value: object) -> int:
    if count(value) == 0:
        raise Unreadable(f"{name}: it counts from 1")
    return count(value)
