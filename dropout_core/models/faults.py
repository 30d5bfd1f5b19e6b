"""What went wrong with a request to the API, and whether trying again can help."""

from __future__ import annotations

import email.utils
import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from dropout_core.models import REFUSED
from dropout_core.models.credentials import API_URL, is_local, key_configured, key_name, one_line, shown_url
from dropout_core.models.reply_stream import ErrorEvent, IncompleteStream, NotAStream, StreamFault
from dropout_core.models.silence import Silence
from dropout_core.request_settings import OPTION_OF

if TYPE_CHECKING:
    import anthropic

OVERLOADED = "API overloaded"
RATE_LIMITED = "API rate limited"
TIMED_OUT = "API timed out"
CONNECTION_LOST = "API connection lost"
INCOMPLETE = "API reply incomplete"
MALFORMED = "API reply malformed"
SERVER_ERROR = "API server error"

_EVENT_REASONS = {
    "overloaded_error": OVERLOADED,
    "rate_limit_error": RATE_LIMITED,
    "timeout_error": TIMED_OUT,
}
_LASTING_EVENTS = ("invalid_request_error", "not_found_error")
_LASTING_FOR_ALL = ("authentication_error", "billing_error", "permission_error")
_CANNOT_PAY = re.compile(r"credit balance|spend(ing)? limit|usage limits|billing", re.IGNORECASE)
_OTHER_NAMES = {"thinking": ("budget_tokens",), "output_config": ("effort",)}
"""What a refusal may call a field of the request."""
_CANNOT_PAY_CODES = ("spend_limit", "ramp_limit", "billing", "on_hold")


class Remedy(Enum):
    """What can be done about a fault."""

    RETRY = auto()
    """The same request may succeed in a moment."""
    GIVE_UP = auto()
    """This request will not succeed; another may."""
    STOP = auto()
    """No request can succeed until somebody changes something."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failed request, judged."""

    remedy: Remedy
    message: str
    """One line without credentials. For `Remedy.RETRY` a few words: ``"API overloaded"``."""
    retry_after: float | None = None
    """Seconds the server asked to wait."""
    unreachable: str | None = None
    """Why no connection could be made at all, when that is the fault."""

    @property
    def turned_away(self) -> bool:
        """Whether the server has no room at present, which concerns every request."""
        return self.remedy is Remedy.RETRY and self.message in (OVERLOADED, RATE_LIMITED)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the judgement depends on beside the error."""

    model: str
    base_url: str
    answered: bool
    """Whether a reply has ever arrived. If so, address, key and model are right, and a refusal is this request's."""
    fields: frozenset[str] = frozenset()
    """The fields of the request that the user may have set."""


def diagnose(error: Exception, circumstances: Circumstances) -> Fault:
    """Judge an error of the SDK, of its HTTP client or of the stream."""
    import anthropic
    import httpx2

    match error:
        case anthropic.APIStatusError():
            return _refusal(error, circumstances)
        case ErrorEvent() if error.kind in _LASTING_FOR_ALL:
            said = one_line(str(error))
            return Fault(Remedy.STOP, f"API broke off the reply: {said}; check {key_name()} and the account")
        case ErrorEvent() if error.kind in _LASTING_EVENTS:
            said = one_line(str(error))
            if not circumstances.answered and (options := refused_options(said, circumstances.fields)):
                return Fault(Remedy.STOP, f"{REFUSED} ({said}); check {' and '.join(options)}")
            return Fault(Remedy.GIVE_UP, f"API broke off the reply: {one_line(str(error))}")
        case ErrorEvent():
            return Fault(Remedy.RETRY, _EVENT_REASONS.get(error.kind, SERVER_ERROR))
        case IncompleteStream():
            return Fault(Remedy.RETRY, INCOMPLETE)
        case NotAStream() if not circumstances.answered:
            url, kind = shown_url(circumstances.base_url), one_line(str(error), 80)
            return Fault(Remedy.STOP, f"no Messages API at {url} (it answers with {kind}); check --base-url")
        case StreamFault():
            return Fault(Remedy.RETRY, MALFORMED)
        case Silence():
            return Fault(Remedy.RETRY, TIMED_OUT)
        case anthropic.APIConnectionError() | httpx2.HTTPError():
            causes = tuple(_causes(error))
            if _never_connected(causes):
                return Fault(Remedy.RETRY, CONNECTION_LOST, unreachable=_no_connection(causes))
            if any(isinstance(cause, httpx2.TimeoutException) for cause in causes):
                return Fault(Remedy.RETRY, TIMED_OUT)
            return Fault(Remedy.RETRY, CONNECTION_LOST)
        case _:  # credentials that cannot be loaded, and whatever else the SDK finds wrong before it sends
            return Fault(
                Remedy.STOP, f"the request cannot be sent: {one_line(str(error) or type(error).__name__)}"
            )


def in_full(error: Exception) -> str:
    """The error and what led to it, on one line, for a log."""
    return " < ".join(f"{type(cause).__name__}: {one_line(str(cause))}" for cause in _causes(error))


def cannot_reach(base_url: str, why: str) -> str:
    """The line for a server that no connection can be made to."""
    check = (
        "check the network connection"
        if base_url.rstrip("/") == API_URL
        else "check --base-url and that the server is running"
    )
    return f"cannot reach {shown_url(base_url)}: {why}; {check}"


def _refusal(error: anthropic.APIStatusError, circumstances: Circumstances) -> Fault:
    """Judge an answer that carries an error status."""
    status = error.status_code
    said = one_line(_server_message(error))
    quoted = f": {said}" if said else ""
    url = shown_url(circumstances.base_url)
    if _cannot_pay(error, said):
        return Fault(
            Remedy.STOP, f"the account cannot pay for requests ({status}{quoted}); check its plan and limits"
        )
    if status in (401, 403):
        if key_configured() or not is_local(circumstances.base_url):
            # A 401 says nothing that the status does not; a 403 may say which permission is missing.
            detail = quoted if status == 403 else ""
            return Fault(Remedy.STOP, f"the server refused the key ({status}{detail}); check {key_name()}")
        return Fault(Remedy.STOP, f"the server at {url} wants a key ({status}); set {key_name()}")
    if status == 404 and ("model" in said.lower() or circumstances.model in said):
        return Fault(Remedy.STOP, f"{url} does not know the model {circumstances.model!r}; check --model")
    if status in (404, 405, 501) and not circumstances.answered:
        return Fault(Remedy.STOP, f"no Messages API at {url} ({status}{quoted}); check --base-url")
    if status in (408, 409, 429) or status >= 500:
        if error.response.headers.get("x-should-retry") == "false":
            return Fault(Remedy.GIVE_UP, f"{_reason(error)}{quoted}")
        return Fault(
            Remedy.RETRY, _reason(error), retry_after=asked_wait(error.response.headers, time.time())
        )
    if circumstances.answered or status == 413:
        return Fault(Remedy.GIVE_UP, f"API refused the request ({status}{quoted})")
    options = " and ".join(refused_options(said, circumstances.fields)) or "--model and the settings"
    return Fault(Remedy.STOP, f"{REFUSED} ({status}{quoted}); check {options}")


def refused_options(said: str, fields: frozenset[str]) -> tuple[str, ...]:
    """The options behind the `fields` that a refusal names, in the order it names them."""
    places: dict[str, int] = {}
    for field in fields:
        option = OPTION_OF.get(field, f"--set {field}")
        # Not of a path: `messages.1.content.0.thinking` is no setting.
        names = "|".join(map(re.escape, (field, *_OTHER_NAMES.get(field, ()))))
        found = re.search(rf"(?<![\w.])(?:{names})(?!\w)", said)
        if found is not None:
            places[option] = min(found.start(), places.get(option, found.start()))
    return tuple(sorted(places, key=places.__getitem__))


def _reason(error: anthropic.APIStatusError) -> str:
    if error.status_code == 529 or error.type == "overloaded_error":
        return OVERLOADED
    if error.status_code == 429:
        return RATE_LIMITED
    if error.status_code in (408, 504):
        return TIMED_OUT
    return f"{SERVER_ERROR} {error.status_code}"


def _cannot_pay(error: anthropic.APIStatusError, said: str) -> bool:
    """Whether money is the trouble. The API says so with 400, 402, 403 or 429, and not always with a code."""
    code = error.error_code or ""
    return (
        error.status_code == 402
        or error.type == "billing_error"
        or any(word in code for word in _CANNOT_PAY_CODES)
        or (error.status_code in (400, 403) and _CANNOT_PAY.search(said) is not None)
    )


def _server_message(error: anthropic.APIStatusError) -> str:
    """What the server said, out of its JSON if that has the API's form; nothing of a web page."""
    if isinstance(error.api_message, str):
        return error.api_message
    body = error.body
    if isinstance(body, Mapping):
        inner = body.get("error", body.get("message", body.get("detail", "")))
        return inner if isinstance(inner, str) else ""
    return body if isinstance(body, str) and "<" not in body else ""


def asked_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the ``retry-after`` headers ask for: a number, or a date (against `now`, seconds since 1970)."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value) * unit
        except ValueError:
            try:
                seconds = email.utils.parsedate_to_datetime(value).timestamp() - now
            except (ValueError, OverflowError):
                continue
        if seconds == seconds:  # not NaN
            return max(seconds, 0.0)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, nearest first; of a group, its first member."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        group = current.exceptions[0] if isinstance(current, BaseExceptionGroup) else None
        current = group or current.__cause__ or current.__context__


def _never_connected(causes: tuple[BaseException, ...]) -> bool:
    """Whether no connection was made; to httpx's words for aiohttp's errors, one that broke is the same."""
    import aiohttp
    import httpx2

    for cause in causes:
        match cause:
            case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
                return True
            case aiohttp.ClientConnectionError():
                return False
    return any(isinstance(cause, (httpx2.ConnectError, httpx2.ConnectTimeout)) for cause in causes)


def _no_connection(causes: tuple[BaseException, ...]) -> str:
    """Why a connection could not be made, in a few words."""
    for cause in reversed(causes):
        match cause:
            case socket.gaierror():
                return "its name cannot be resolved"
            case ssl.SSLCertVerificationError():
                return "its certificate is not trusted"
            case ssl.SSLError():
                return "no TLS connection can be made"
            case ConnectionRefusedError():
                return "connection refused"
            case TimeoutError():
                return "timed out"
            case OSError() if cause.strerror:
                return one_line(cause.strerror, 80).lower()
    return next((line for cause in reversed(causes) if (line := one_line(str(cause), 80))), "no connection")
