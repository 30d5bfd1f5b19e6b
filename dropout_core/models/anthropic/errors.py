"""Errors of requests to servers of the Messages API, as the faults that this program knows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dropout_core.models.errors.diagnosis import fault_of
from dropout_core.models.errors.request_failure import Circumstances, Fault
from dropout_core.models.errors.status_errors import ErrorResponse, server_message

if TYPE_CHECKING:
    import anthropic

_NO_BLANKS = re.compile(r"text content blocks? must|non-whitespace", re.IGNORECASE)


def diagnose(error: Exception, circumstances: Circumstances) -> Fault:
    """Fault for an error of the SDK, of its HTTP client or of the stream."""
    import anthropic

    return fault_of(
        error,
        circumstances,
        response=response_of(error) if isinstance(error, anthropic.APIStatusError) else None,
        sdk_connection_error=anthropic.APIConnectionError,
    )


def response_of(error: anthropic.APIStatusError) -> ErrorResponse:
    """The response that the SDK's `error` stands for."""
    return ErrorResponse(
        error.status_code,
        error.response.headers,
        error.body,
        error.api_message if isinstance(error.api_message, str) else server_message(error.body),
        error.type or "",
        error.error_code or "",
    )


def refuses_blanks(error: Exception) -> bool:
    """Whether the server rejects a text of nothing but spaces."""
    import anthropic

    return isinstance(error, anthropic.BadRequestError) and bool(
        _NO_BLANKS.search(response_of(error).message)
    )
