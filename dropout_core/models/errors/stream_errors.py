"""Errors of a reply that had a successful status: its stream is incomplete, invalid, or of another API."""

from __future__ import annotations

from dropout_core.models import REFUSED
from dropout_core.models.errors.request_failure import (
    INCOMPLETE,
    MALFORMED,
    SERVER_ERROR,
    TIMED_OUT,
    Circumstances,
    Fault,
    Remedy,
    reason_of_words,
)
from dropout_core.models.errors.status_errors import refused_options
from dropout_core.models.http.credentials import key_name, one_line, shown_url
from dropout_core.models.retry.stall_timeout import Silence
from dropout_core.values.api import Api

_LASTING_EVENTS = ("invalid_request_error", "not_found_error")
_LASTING_FOR_ALL = ("authentication_error", "billing_error", "permission_error")


class StreamFault(Exception):
    """No complete reply arrived; the subclasses say why."""


class IncompleteStream(StreamFault):
    """The stream ended before the reply did."""


class MalformedStream(StreamFault):
    """An event cannot be read."""


class NotAStream(StreamFault):
    """The server answered successfully, but not with events. The argument is its content type."""


class UnreadableEncoding(StreamFault):
    """The body has a compression that was not asked for. The argument is its name."""


class OtherApi(StreamFault):
    """The server speaks another API."""

    def __init__(self, name: str, api: Api | None = None) -> None:
        """`api` is set where this program speaks that one too."""
        super().__init__(name)
        self.api = api


class EndlessReply(StreamFault):
    """The reply exceeds every bound. The argument says how much arrived."""


class ErrorEvent(StreamFault):
    """The server broke off the reply with an error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message or kind)
        self.kind = kind
        """Type of the error in the API: ``overloaded_error``, ``api_error``, …"""


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
