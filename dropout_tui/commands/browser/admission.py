"""Who may talk to the server of the dashboard: only its own pages, opened with the token in the printed address.

Anybody on the machine can reach a loopback address, and any page in the user's browser can send requests to it.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
_MOST_PORTS = 65_535

MALFORMED = "The request names its host or its origin in a way that cannot be read."
NOT_ITS_OWN = "This server talks to its own pages only."
NO_TOKEN = "Open the address that dropout-tui serve printed, with its token."  # noqa: S105 - it is none


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a request is not answered."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class RequestOrigin:
    """The headers of a request that say where it comes from."""

    hosts: Sequence[str]
    """Every ``Host`` header."""
    origins: Sequence[str]
    """Every ``Origin`` header."""
    tokens: Sequence[str]
    """The tokens it carries, in its cookie or address."""
    is_socket: bool
    """Whether it opens the WebSocket, which only pages do."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Decides which requests are answered: those with the token, from pages of the server itself."""

    loopback: bool
    """Whether only this machine can reach the server."""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    """Made anew at each start."""

    def refusal(self, request: RequestOrigin) -> Refused | None:
        """Why a request is refused; ``None`` when it is answered."""
        if len(request.hosts) != 1 or len(request.origins) > 1 or not is_authority(request.hosts[0]):
            return Refused(400, MALFORMED)
        (host,), page = request.hosts, next(iter(request.origins), None)
        if not may_pass(host, page, loopback=self.loopback) or (request.is_socket and page is None):
            return Refused(403, NOT_ITS_OWN)
        if not any(self._is_token(shown) for shown in request.tokens):
            return Refused(403, NO_TOKEN)
        return None

    def _is_token(self, shown: str) -> bool:
        return hmac.compare_digest(shown.encode("utf-8", "replace"), self.token.encode())


def may_pass(host: str, origin: str | None, *, loopback: bool) -> bool:
    """Whether a request was sent by a page of this server, or by no page at all.

    Any page in the user's browser may open a WebSocket to any address, so its `origin` has to be the `host` that
    it asks. On loopback the host has to be a loopback name, or a stranger's name that resolves to this machine
    would pass.
    """
    if not is_authority(host):
        return False
    if loopback and not is_loopback(urlsplit(f"//{host}").hostname or ""):
        return False
    return origin is None or origin in (f"http://{host}", f"https://{host}")


def is_authority(text: str) -> bool:
    """Whether `text` names a host as a browser does, with a port or without."""
    found = _AUTHORITY.fullmatch(text)
    if found is None or int((found[2] or ":0")[1:]) > _MOST_PORTS:
        return False
    if not text.startswith("["):
        return True
    try:
        ip_address(found[1][1:-1])
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
