"""Errors of API requests: what went wrong, and whether trying again can help."""

from __future__ import annotations

from dropout_core.models import REFUSED
from dropout_core.models.anthropic.connection_errors import cannot_reach, causes_of, fault_of_connection
from dropout_core.models.anthropic.reply_stream import (
    EndlessReply,
    ErrorEvent,
    IncompleteStream,
    NotAStream,
    OtherApi,
    StreamFault,
    UnreadableEncoding,
)
from dropout_core.models.anthropic.request_failure import (
    INCOMPLETE,
    MALFORMED,
    SERVER_ERROR,
    TIMED_OUT,
    Circumstances,
    Fault,
    Remedy,
    reason_of_words,
)
from dropout_core.models.anthropic.status_errors import ErrorResponse, refusal, refused_options
from dropout_core.models.http.credentials import key_name, one_line, shown_url
from dropout_core.models.retry.stall_timeout import Silence

__all__ = [
    "Circumstances",
    "Fault",
    "Remedy",
    "cannot_reach",
    "diagnose",
    "fault_of_stream",
    "in_full",
    "unsendable",
]

_LASTING_EVENTS = ("invalid_request_error", "not_found_error")
_LASTING_FOR_ALL = ("authentication_error", "billing_error", "permission_error")


def diagnose(error: Exception, circumstances: Circumstances) -> Fault:
    """Fault for an error of the SDK, of its HTTP client or of the stream."""
    import anthropic
    import httpx2

    match error:
        case anthropic.APIStatusError():
            return refusal(ErrorResponse.of(error), circumstances)
        case StreamFault() | Silence():
            return fault_of_stream(error, circumstances)
        case anthropic.APIConnectionError() | httpx2.HTTPError():
            return fault_of_connection(error, circumstances)
        case _:
            return unsendable(error)


def unsendable(error: Exception) -> Fault:
    """Fault for credentials that cannot be loaded, and whatever else an SDK finds wrong before it sends."""
    return Fault(Remedy.STOP, f"the request cannot be sent: {one_line(str(error) or type(error).__name__)}")


def in_full(error: Exception) -> str:
    """The error and its causes, on one line, for a log."""
    return " < ".join(f"{type(cause).__name__}: {one_line(str(cause))}" for cause in causes_of(error))


def fault_of_stream(error: StreamFault | Silence, circumstances: Circumstances) -> Fault:
    """Fault for an incomplete or invalid reply that had a successful status."""
    url = shown_url(circumstances.base_url)
    said = one_line(str(error))
    match error:
        case Silence():
            return Fault(Remedy.RETRY, TIMED_OUT)
        case ErrorEvent() if error.kind in _LASTING_FOR_ALL:
            name = key_name(api=circumstances.api)
            return Fault(Remedy.STOP, f"API broke off the reply: {said}; check {name} and the account")
        case ErrorEvent() if error.kind in _LASTING_EVENTS:
            if not circumstances.answered and (options := refused_options(said, circumstances.fields)):
                return Fault(Remedy.STOP, f"{REFUSED} ({said}); check {' and '.join(options)}")
            return Fault(Remedy.GIVE_UP, f"API broke off the reply: {said}")
        case ErrorEvent():
            reason = reason_of_words(error.kind, said) or SERVER_ERROR
            return Fault(Remedy.RETRY, reason, said="" if said.lower() in reason.lower() else said)
        case IncompleteStream():
            return Fault(Remedy.RETRY, INCOMPLETE)
        case EndlessReply():
            return Fault(Remedy.GIVE_UP, f"API reply without an end: cut off after {said}")
        case OtherApi():
            return circumstances.setting_at_fault(
                f"{url} speaks {said}, not the {circumstances.api_name}; {_what_to_do(error)}",
                f"the reply is of {said}",
            )
        case UnreadableEncoding():
            return circumstances.setting_at_fault(
                f"the reply of {url} is encoded as {said!r}, which cannot be read here; "
                "check what is in front of the server",
                "API reply cannot be unpacked",
            )
        case NotAStream():
            kind = one_line(str(error), 80)
            return circumstances.setting_at_fault(
                f"no {circumstances.api_name} at {url} (it answers with {kind}); check --base-url",
                f"API answered with {kind}",
            )
        case _:
            return Fault(Remedy.RETRY, MALFORMED)


def _what_to_do(error: OtherApi) -> str:
    """What to do about a server of another API, which may be one that this program can speak."""
    return "check --base-url" if error.api is None else f"give --api {error.api}, or check --base-url"
