"""Diagnosis of an error, whatever the API: by its kind, as the SDKs only differ in how they name them."""

from __future__ import annotations

from dropout_core.models.errors.connection_errors import causes_of, fault_of_connection
from dropout_core.models.errors.request_failure import Circumstances, Fault, Remedy
from dropout_core.models.errors.status_errors import ErrorResponse, refusal
from dropout_core.models.errors.stream_errors import StreamFault, fault_of_stream
from dropout_core.models.http.credentials import one_line
from dropout_core.models.retry.stall_timeout import Silence


def fault_of(
    error: Exception,
    circumstances: Circumstances,
    *,
    response: ErrorResponse | None,
    sdk_connection_error: type[Exception],
) -> Fault:
    """Fault for an error of an SDK, of its HTTP client or of the stream.

    Args:
        error: the error.
        circumstances: what else the diagnosis depends on.
        response: the response with an error status that the error stands for, if it does.
        sdk_connection_error: what the SDK raises where no valid response came.
    """
    import httpx2

    if response is not None:
        return refusal(response, circumstances)
    match error:
        case StreamFault() | Silence():
            return fault_of_stream(error, circumstances)
        case httpx2.HTTPError():
            return fault_of_connection(error, circumstances)
    if isinstance(error, sdk_connection_error):
        return fault_of_connection(error, circumstances)
    return _unsendable(error)


def in_full(error: Exception) -> str:
    """The error and its causes, on one line, for a log."""
    return " < ".join(f"{type(cause).__name__}: {one_line(str(cause))}" for cause in causes_of(error))


def _unsendable(error: Exception) -> Fault:
    """Fault for credentials that cannot be loaded, and whatever else an SDK finds wrong before it sends."""
    return Fault(Remedy.STOP, f"the request cannot be sent: {one_line(str(error) or type(error).__name__)}")
