"""State of one batch of requests, computed from its events."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dropout_core.state import events

BatchEvent = events.BatchPlanned | events.BatchSubmitted | events.BatchProgressed | events.BatchDropped


@dataclass(frozen=True, slots=True)
class BatchState:
    """Requests that are submitted together, and answered within a day."""

    number: int
    """Counts from 1."""
    mark: str
    """Beginning of the ids of its requests."""
    requests: int
    planned_at: float
    id: str | None = None
    """As the server names it; ``None`` until the server is known to have taken it."""
    submitted_at: float | None = None
    expires_at: float | None = None
    done: int = 0
    """Number of requests that the server is done with, as far as it has said."""
    note: str = ""
    """What keeps it, in a few words; empty while its server works on it."""
    dropped: str | None = None
    """Why it is waited for no longer; ``None`` while it is."""


def batches_after(batches: tuple[BatchState, ...], event: BatchEvent) -> tuple[BatchState, ...]:
    """The batches after an event of one of them."""
    if isinstance(event, events.BatchPlanned):
        return (*batches, BatchState(event.batch, event.mark, event.requests, event.at))
    return tuple(_after(each, event) if each.number == event.batch else each for each in batches)


def _after(
    batch: BatchState, event: events.BatchSubmitted | events.BatchProgressed | events.BatchDropped
) -> BatchState:
    match event:
        case events.BatchSubmitted(id=id_, expires_at=expires_at, at=at):
            return replace(batch, id=id_, submitted_at=at, expires_at=expires_at, note="")
        case events.BatchProgressed(done=done, note=note):
            return replace(batch, done=done, note=note)
        case events.BatchDropped(reason=reason):
            return replace(batch, dropped=reason, note="")
