"""Connection errors: why no connection was made, or why the response is not valid HTTP, with what to do."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator

from dropout_core.models.errors.request_failure import (
    CONNECTION_LOST,
    MALFORMED,
    TIMED_OUT,
    Circumstances,
    Fault,
    Remedy,
)
from dropout_core.models.errors.status_errors import proxy_refuses, proxy_wants_a_password, wants_tls
from dropout_core.models.http.credentials import API_URL, one_line, shown_url
from dropout_core.models.http.http_client import MovedElsewhere
from dropout_core.models.http.proxies import proxy_setting
from dropout_core.values.files.file_limit import NO_MORE

_SPEAKS_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG")
_TOO_LONG = re.compile(r"more than \d+ bytes|too many (headers|trailers)", re.IGNORECASE)
_TLS_RECORD = re.compile(r"\\x1[56]\\x03")


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes, nearest first; of a group, its first member."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        group = current.exceptions[0] if isinstance(current, BaseExceptionGroup) else None
        current = group or current.__cause__ or current.__context__


def fault_of_connection(error: Exception, circumstances: Circumstances) -> Fault:
    """Fault for an error of the HTTP client."""
    import aiohttp
    import httpx2

    causes = tuple(causes_of(error))
    told = (
        _of_files(causes)
        or _of_tls(causes, circumstances)
        or _of_proxy(causes, circumstances)
        or _of_http(causes, circumstances)
    )
    if told is not None:
        return told
    if _never_connected(causes):
        return Fault(Remedy.RETRY, CONNECTION_LOST, unreachable=_why(causes))
    # OpenAI's SDK takes these for time-outs.
    if any(isinstance(cause, (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)) for cause in causes):
        return Fault(Remedy.RETRY, CONNECTION_LOST)
    if any(isinstance(cause, httpx2.TimeoutException) for cause in causes):
        return Fault(Remedy.RETRY, TIMED_OUT)
    return Fault(Remedy.RETRY, CONNECTION_LOST)


def cannot_reach(base_url: str, why: str, proxy: str | None = None) -> str:
    """Message about a server, or the proxy before it, that cannot be connected to."""
    if proxy is not None:
        setting = proxy_setting(base_url)
        return f"cannot reach the proxy {proxy}: {why}; check {setting} and that it runs, or unset it"
    check = (
        "check the network connection"
        if base_url.rstrip("/") == API_URL
        else "check --base-url and that the server is running"
    )
    return f"cannot reach {shown_url(base_url)}: {why}; {check}"


def _of_files(causes: tuple[BaseException, ...]) -> Fault | None:
    """Fault when this system can open no more files, and so no connection."""
    if any(isinstance(cause, OSError) and cause.errno in {errno.EMFILE, errno.ENFILE} for cause in causes):
        return Fault(Remedy.STOP, NO_MORE)
    return None


def _of_tls(causes: tuple[BaseException, ...], circumstances: Circumstances) -> Fault | None:
    url = shown_url(circumstances.base_url)
    for cause in reversed(causes):  # the first cause is the most specific
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = one_line(getattr(cause, "verify_message", "") or str(cause), 80)
            return circumstances.setting_at_fault(
                f"the certificate of {url} is not trusted ({why}); "
                "if it is your own, set SSL_CERT_FILE to the certificate of its signer",
                "the server's certificate is not trusted",
            )
        if isinstance(cause, ssl.SSLError) and any(word in str(cause) for word in _SPEAKS_NO_TLS):
            return circumstances.setting_at_fault(
                f"the server at {url} does not speak TLS; "
                f"write {url.replace('https:', 'http:', 1)} with --base-url",
                "no TLS connection can be made",
            )
    return None


def _of_proxy(causes: tuple[BaseException, ...], circumstances: Circumstances) -> Fault | None:
    import aiohttp
    import httpx2

    proxy, setting = circumstances.proxy, proxy_setting(circumstances.base_url)
    if proxy is None:
        return None
    for cause in reversed(causes):
        match cause:
            case aiohttp.ClientHttpProxyError(status=407):
                return proxy_wants_a_password(proxy, setting)
            case aiohttp.ClientHttpProxyError(status=status) if status >= 500:
                return Fault(Remedy.RETRY, f"proxy error {status}")
            case aiohttp.ClientHttpProxyError(status=status, message=message):
                words = one_line(f"{status} {message}", 80)
                return proxy_refuses(words, circumstances, proxy, f"the proxy refuses ({status})")
            case aiohttp.ClientProxyConnectionError():
                return Fault(Remedy.RETRY, "the proxy is not there", unreachable=_why(causes), proxy=proxy)
            case httpx2.ProxyError():
                return proxy_refuses(one_line(str(cause), 80), circumstances, proxy, "the proxy refuses")
            case httpx2.ConnectError() if proxy.startswith("socks"):
                return Fault(Remedy.RETRY, "the proxy is not there", unreachable=_why(causes), proxy=proxy)
    return None


def _of_http(causes: tuple[BaseException, ...], circumstances: Circumstances) -> Fault | None:
    """Fault when the response is invalid HTTP or a redirect elsewhere."""
    import aiohttp
    import httpx2

    url = shown_url(circumstances.base_url)
    for cause in causes:
        match cause:
            case MovedElsewhere():
                target = _without_path_of_messages(one_line(str(cause), 120))
                if target == url:  # redirected to itself with another method
                    target = one_line(str(cause), 120)
                return circumstances.setting_at_fault(
                    f"{url} sends requests on to {target}, where the key is not sent; "
                    "if that is right, give it with --base-url",
                    "API moved elsewhere",
                )
            case httpx2.TooManyRedirects():
                return circumstances.setting_at_fault(
                    f"{url} redirects requests in a circle; check --base-url", "API redirects in a circle"
                )
            case httpx2.DecodingError():
                return circumstances.setting_at_fault(
                    f"the reply of {url} is compressed and cannot be unpacked; check what is in front of the server",
                    "API reply cannot be unpacked",
                )
            case aiohttp.ClientResponseError() | httpx2.RemoteProtocolError():
                return _no_http(cause, url, circumstances)
    return None


def _no_http(cause: BaseException, url: str, circumstances: Circumstances) -> Fault | None:
    words = f"{getattr(cause, 'message', '')} {cause}"
    if _TOO_LONG.search(words):
        return circumstances.setting_at_fault(
            f"the headers of {url}'s answer are too long; check what is in front of the server",
            "API answer has headers that are too long",
        )
    if _TLS_RECORD.search(words) and url.startswith("http:"):
        return circumstances.setting_at_fault(wants_tls(url), CONNECTION_LOST)
    if isinstance(cause, Exception) and "isconnect" in words:
        return None
    return circumstances.setting_at_fault(
        f"the server at {url} does not speak HTTP; check --base-url", MALFORMED
    )


def _without_path_of_messages(url: str) -> str:
    return url.removesuffix("/").removesuffix("/v1/messages")


def _never_connected(causes: tuple[BaseException, ...]) -> bool:
    """Whether no connection was made. A broken connection looks the same when httpx translates aiohttp's errors."""
    import aiohttp
    import httpx2

    for cause in causes:
        match cause:
            case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
                return True
            case aiohttp.ClientConnectionError():
                return False
    return any(isinstance(cause, (httpx2.ConnectError, httpx2.ConnectTimeout)) for cause in causes)


def _why(causes: tuple[BaseException, ...]) -> str:
    """Reason why a connection could not be made, in a few words."""
    for cause in reversed(causes):
        match cause:
            case socket.gaierror():
                return "its name cannot be resolved"
            case ssl.SSLError():
                return "no TLS connection can be made"
            case ConnectionRefusedError():
                return "connection refused"
            case TimeoutError():
                return "timed out"
            case OSError() if cause.strerror:
                return one_line(cause.strerror, 80).lower()
    return next((line for cause in reversed(causes) if (line := one_line(str(cause), 80))), "no connection")
