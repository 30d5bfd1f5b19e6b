"""Ids of the requests of a batch, which the server gives back with their results."""

from __future__ import annotations

import secrets

from dropout_core.models import Request

MARK_BYTES = 6
LONGEST_ID = 64
"""Most characters of an id that the API takes: letters, digits, ``-`` and ``_``."""


def fresh_mark() -> str:
    """A mark that no other batch has, whoever submits it."""
    return secrets.token_hex(MARK_BYTES)


def custom_id(mark: str, evaluation: int, request: Request) -> str:
    """Id of a request: the mark of its batch, evaluation, trial, attempt, step, and the seed of its attempt."""
    place = "-".join(map(str, (evaluation, request.trial, request.attempt, request.step)))
    return f"{mark}-{place}-{request.seed:x}"[:LONGEST_ID]


def has_mark(custom_id: str, mark: str) -> bool:
    """Whether an id is of the batch with this mark."""
    return custom_id.startswith(f"{mark}-")
