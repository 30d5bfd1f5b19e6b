"""Responses with an error status, and what they mean."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from dropout_core.models import REFUSED
from dropout_core.models.errors.request_failure import (
    RATE_LIMITED,
    SERVER_ERROR,
    TIMED_OUT,
    Circumstances,
    Fault,
    Remedy,
    reason_of_words,
)
from dropout_core.models.http.credentials import (
    is_local,
    is_official,
    key_configured,
    key_name,
    one_line,
    shown_url,
)
from dropout_core.models.http.proxies import proxy_setting
from dropout_core.models.http.retry_after import asked_wait
from dropout_core.models.request_settings import OPTION_OF

_CANNOT_PAY = re.compile(r"credit balance|spend(ing)? limit|usage limits|billing", re.IGNORECASE)
_OTHER_NAMES = {
    "thinking": ("budget_tokens",),
    "output_config": ("effort", "reasoning_effort"),
    "max_tokens": ("max_completion_tokens",),
}
"""Other names that a refusal may use for a field of the request."""
_CANNOT_PAY_CODES = ("spend_limit", "ramp_limit", "billing", "on_hold", "insufficient_quota")
_WANTS_TLS = re.compile(
    r"plain HTTP request was sent to HTTPS|HTTP request to an HTTPS server", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """Response with an error status, whatever the API."""

    status: int
    headers: Mapping[str, str]
    body: object
    """JSON, or text where it is none."""
    message: str
    """The server's own words, if it has any."""
    kind: str = ""
    """Type of the error in the API: ``rate_limit_error``."""
    code: str = ""
    """What the API adds to that: ``insufficient_quota``."""


def refusal(error: ErrorResponse, circumstances: Circumstances) -> Fault:
    """Fault for an `error` response."""
    status = error.status
    said = one_line(error.message)
    quoted = f": {said}" if said else ""
    url = shown_url(circumstances.base_url)
    if status == 400 and _WANTS_TLS.search(str(error.body)):
        return circumstances.setting_at_fault(wants_tls(url), SERVER_ERROR)
    if circumstances.proxy is not None and _is_the_proxys(error):
        return _of_the_proxy(status, quoted, circumstances, circumstances.proxy)
    if _cannot_pay(error, said):
        return Fault(
            Remedy.STOP, f"the account cannot pay for requests ({status}{quoted}); check its plan and limits"
        )
    if status in (401, 403):
        name = key_name(api=circumstances.api)
        if key_configured(api=circumstances.api) or not _may_want_no_key(circumstances):
            # A 401 says nothing that the status does not; a 403 may say which permission is missing.
            detail = quoted if status == 403 else ""
            return Fault(Remedy.STOP, f"the server refused the key ({status}{detail}); check {name}")
        return Fault(Remedy.STOP, f"the server at {url} wants a key ({status}); set {name}")
    if status == 404 and ("model" in said.lower() or circumstances.model in said):
        return Fault(Remedy.STOP, f"{url} does not know the model {circumstances.model!r}; check --model")
    if (status in (404, 405, 501) or 300 <= status < 400) and not circumstances.answered:
        return Fault(
            Remedy.STOP, f"no {circumstances.api_name} at {url} ({status}{quoted}); check --base-url"
        )
    if status in (408, 409, 429) or status >= 500:
        reason = _reason(error, said)
        if error.headers.get("x-should-retry") == "false":
            return Fault(Remedy.GIVE_UP, f"{reason}{quoted}")
        wait = asked_wait(error.headers, time.time())
        return Fault(Remedy.RETRY, reason, said=_beside(reason, said), retry_after=wait)
    if circumstances.answered or status == 413:
        return Fault(Remedy.GIVE_UP, f"API refused the request ({status}{quoted})")
    options = " and ".join(refused_options(said, circumstances.fields)) or "--model and the settings"
    return Fault(Remedy.STOP, f"{REFUSED} ({status}{quoted}); check {options}")


def refused_options(said: str, fields: frozenset[str]) -> tuple[str, ...]:
    """Options behind the `fields` that a refusal names, in the order it names them."""
    places: dict[str, int] = {}
    for field in fields:
        option = OPTION_OF.get(field, f"--set {field}")
        # Not of a path: `messages.1.content.0.thinking` is no setting.
        names = "|".join(map(re.escape, (field, *_OTHER_NAMES.get(field, ()))))
        found = re.search(rf"(?<![\w.])(?:{names})(?!\w)", said)
        if found is not None:
            places[option] = min(found.start(), places.get(option, found.start()))
    return tuple(sorted(places, key=places.__getitem__))


def wants_tls(url: str) -> str:
    """Message about a server that expects TLS on an address without it."""
    return f"the server at {url} speaks TLS; write {url.replace('http:', 'https:', 1)} with --base-url"


def _of_the_proxy(status: int, quoted: str, circumstances: Circumstances, proxy: str) -> Fault:
    setting = proxy_setting(circumstances.base_url)
    if status == 407:
        return proxy_wants_a_password(proxy, setting)
    if status >= 500:
        return Fault(Remedy.RETRY, f"proxy error {status}", said=quoted.removeprefix(": "))
    return proxy_refuses(f"{status}{quoted}", circumstances, proxy, f"the proxy refuses ({status})")


def proxy_refuses(words: str, circumstances: Circumstances, proxy: str, meanwhile: str) -> Fault:
    """Message about a proxy that refuses requests with these `words`."""
    setting = proxy_setting(circumstances.base_url)
    line = f"the proxy at {proxy} refuses ({words}); check {setting} and NO_PROXY"
    return circumstances.setting_at_fault(line, meanwhile)


def proxy_wants_a_password(proxy: str, setting: str) -> Fault:
    """Message about a proxy that asks for a password."""
    return Fault(Remedy.STOP, f"the proxy at {proxy} wants a name and password (407); set them in {setting}")


def _may_want_no_key(circumstances: Circumstances) -> bool:
    """Whether requests without a key are sent to the server."""
    url, api = circumstances.base_url, circumstances.api
    return is_local(url) or (api == "openai" and not is_official(url, api))


def _is_the_proxys(error: ErrorResponse) -> bool:
    """Whether a proxy answered instead of the server: no API answers with web pages."""
    return error.status == 407 or (error.status in (403, 502, 503, 504) and isinstance(error.body, str))


def _beside(reason: str, said: str) -> str:
    """The server's words, unless they add nothing to `reason`."""
    return "" if said.rstrip(".!").lower() in reason.lower() else said


def _reason(error: ErrorResponse, said: str) -> str:
    if error.status == 529:
        return reason_of_words("overloaded_error", said) or SERVER_ERROR
    if (reason := reason_of_words(error.kind, said)) is not None:
        return reason
    if error.status == 429:
        return RATE_LIMITED
    if error.status in (408, 504):
        return TIMED_OUT
    return f"{SERVER_ERROR} {error.status}"


def _cannot_pay(error: ErrorResponse, said: str) -> bool:
    """Whether the account cannot pay. The API says so with 400, 402, 403 or 429, and not always with a code."""
    code = f"{error.code} {error.kind}"
    return (
        error.status == 402
        or error.kind == "billing_error"
        or any(word in code for word in _CANNOT_PAY_CODES)
        or (error.status in (400, 403) and _CANNOT_PAY.search(said) is not None)
    )


def server_message(body: object) -> str:
    """The server's message, from its JSON; nothing from a web page."""
    if isinstance(body, Mapping):
        inner = body.get("error", body.get("message", body.get("detail", "")))
        return inner if isinstance(inner, str) else ""
    return body if isinstance(body, str) and "<" not in body else ""
