"""Errors of requests to servers of Chat Completions, as the faults that this program knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dropout_core.models.anthropic.connection_errors import fault_of_connection
from dropout_core.models.anthropic.errors import Circumstances, Fault, fault_of_stream, unsendable
from dropout_core.models.anthropic.reply_stream import StreamFault
from dropout_core.models.anthropic.status_errors import ErrorResponse, refusal, server_message
from dropout_core.models.retry.stall_timeout import Silence

if TYPE_CHECKING:
    import openai


def diagnose(error: Exception, circumstances: Circumstances) -> Fault:
    """Fault for an error of the SDK, of its HTTP client or of the stream."""
    import httpx2
    import openai

    match error:
        case openai.APIStatusError():
            return refusal(response_of(error), circumstances)
        case StreamFault() | Silence():
            return fault_of_stream(error, circumstances)
        case openai.APIConnectionError() | httpx2.HTTPError():
            return fault_of_connection(error, circumstances)
        case _:
            return unsendable(error)


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
