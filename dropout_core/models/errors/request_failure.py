"""Failed request: what was wrong, and whether trying again can help."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from dropout_core.values.api import API_NAMES, Api

OVERLOADED = "API overloaded"
RATE_LIMITED = "API rate limited"
TIMED_OUT = "API timed out"
CONNECTION_LOST = "API connection lost"
INCOMPLETE = "API reply incomplete"
MALFORMED = "API reply malformed"
SERVER_ERROR = "API server error"


class Remedy(Enum):
    """What to do about a fault."""

    RETRY = auto()
    """The same request may succeed soon."""
    GIVE_UP = auto()
    """This request will not succeed; another may."""
    STOP = auto()
    """No request can succeed until something is changed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failed request, with its diagnosis."""

    remedy: Remedy
    message: str
    """One line without credentials. For `Remedy.RETRY` a few words: ``"API overloaded"``."""
    said: str = ""
    """The server's own words, on one line, where they add to `message`."""
    retry_after: float | None = None
    """Seconds the server asked to wait."""
    unreachable: str | None = None
    """Why no connection could be made at all, when that is the fault."""
    proxy: str | None = None
    """The proxy that could not be reached, when it is not the server."""

    @property
    def turned_away(self) -> bool:
        """Whether the server is overloaded at present, which concerns every request."""
        return self.remedy is Remedy.RETRY and self.message in (OVERLOADED, RATE_LIMITED)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Facts besides the error that the diagnosis depends on."""

    model: str
    base_url: str
    answered: bool
    """Whether a reply has ever arrived. If so, address, key and model are right, and a refusal concerns this
    request."""
    fields: frozenset[str] = frozenset()
    """Fields of the request that the user may have set."""
    proxy: str | None = None
    """Proxy that requests go through, without credentials."""
    api: Api = "anthropic"

    @property
    def api_name(self) -> str:
        """Name of the API that is spoken: ``Messages API``."""
        return API_NAMES[self.api]

    def setting_at_fault(self, line: str, meanwhile: str) -> Fault:
        """A fault that stays until a setting is changed, said in a `line`.

        Once a reply has arrived the settings are known to be right: then the fault may pass, and `meanwhile` describes
        it in a few words.
        """
        return Fault(Remedy.RETRY, meanwhile) if self.answered else Fault(Remedy.STOP, line)


def reason_of_words(kind: str, said: str) -> str | None:
    """Meaning of an error's `kind` and words, whatever its status; ``None`` when they are not known."""
    words = f"{kind} {said}".lower()
    if kind == "rate_limit_error":
        return RATE_LIMITED
    if "overloaded" in words:
        return OVERLOADED
    return TIMED_OUT if kind == "timeout_error" else None
