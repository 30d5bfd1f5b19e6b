"""Errors of requests to servers of Chat Completions, as the faults that this program knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dropout_core.models.errors.diagnosis import fault_of
from dropout_core.models.errors.request_failure import Circumstances, Fault
from dropout_core.models.errors.status_errors import ErrorResponse, server_message

if TYPE_CHECKING:
    import openai


def diagnose(error: Exception, circumstances: Circumstances) -> Fault:
    """Fault for an error of the SDK, of its HTTP client or of the stream."""
    import openai

    return fault_of(
        error,
        circumstances,
        response=response_of(error) if isinstance(error, openai.APIStatusError) else None,
        sdk_connection_error=openai.APIConnectionError,
    )


def response_of(error: openai.APIStatusError) -> ErrorResponse:
    """The response that the SDK's `error` stands for; its body is what stood under ``error``."""
    return ErrorResponse(
        error.status_code,
        error.response.headers,
        error.body,
        _words_of(error.body),
        error.type or "",
        error.code or "",
    )


def refused_field(error: Exception, fields: frozenset[str]) -> str | None:
    """Which of the `fields` the server says that it does not take; ``None`` when it complains about something else."""
    import openai

    if not isinstance(error, openai.APIStatusError) or error.status_code not in (400, 422):
        return None
    said = _words_of(error.body)
    named = [field for field in fields if re.search(rf"(?<![\w.]){re.escape(field)}(?!\w)", said)]
    return error.param if error.param in fields else next(iter(named), None)


def _words_of(body: object) -> str:
    """The server's message; of a list of invalid fields, as FastAPI writes it, the first with its place."""
    match body:
        case {"message": str(message)}:
            return message
        case {"detail": [{"msg": str(message), "loc": [*place]}, *_]}:
            return f"{'.'.join(map(str, place))}: {message}"
        case Mapping():
            return server_message(body)
    return server_message(body)
