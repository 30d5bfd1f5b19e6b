"""Batches as words: how far they have come, and when they expire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dropout_core.state.batch_state import BatchState
from dropout_tui.text.numbers import pluralize
from dropout_tui.text.sanitize import visible_line


def words_of_batches(batches: Sequence[BatchState]) -> str:
    """Those that are waited for, in a few words; empty where there are none."""
    if not batches:
        return ""
    requests, done = sum(each.requests for each in batches), sum(each.done for each in batches)
    which = "batch" if len(batches) == 1 else f"{len(batches)} batches"
    notes = [each.note for each in batches if each.note]
    if notes:
        return f"{which} of {requests:,}: {visible_line(notes[0])}"
    if done == requests:
        return f"{which} of {requests:,}: all done"
    expiries = [each.expires_at for each in batches if each.expires_at is not None]
    if not expiries:
        return f"{which} of {requests:,}, being submitted"
    return f"{which}: {done:,} of {requests:,} done, expires {moment(min(expiries))}"


def left_at_server(batches: Sequence[BatchState]) -> str:
    """Those that go on at their server while nothing runs here; empty where there are none."""
    left = [batch for batch in batches if batch.id is not None]
    if not left:
        return ""
    ids = visible_line(", ".join(str(batch.id) for batch in left))
    last = max((batch.expires_at for batch in left if batch.expires_at is not None), default=None)
    until = "" if last is None else f" until {moment(last)}"
    return f"{'the batch goes' if len(left) == 1 else 'batches go'} on at the server{until}: {ids}"


def moment(at: float) -> str:
    """A time within a week, as clocks here show it: ``"Mon 14:05"``."""
    return datetime.fromtimestamp(at).strftime("%a %H:%M")


def submitted_words(batch: BatchState) -> str:
    """What is to be known of a batch that its server has taken."""
    until = "" if batch.expires_at is None else f", answered by {moment(batch.expires_at)} at the latest"
    return f"batch {visible_line(batch.id or '')} submitted: {pluralize(batch.requests, 'request')}{until}"
