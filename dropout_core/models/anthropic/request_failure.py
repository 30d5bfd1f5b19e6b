"""One failed request, judged: what was wrong, and whether trying again can help."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

OVERLOADED = "API overloaded"
RATE_LIMITED = "API rate limited"
TIMED_OUT = "API timed out"
CONNECTION_LOST = "API connection lost"
INCOMPLETE = "API reply incomplete"
MALFORMED = "API reply malformed"
SERVER_ERROR = "API server error"


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
    said: str = ""
    """The server's own words, on one line, where they say more than `message`."""
    retry_after: float | None = None
    """Seconds the server asked to wait."""
    unreachable: str | None = None
    """Why no connection could be made at all, when that is the fault."""
    proxy: str | None = None
    """The proxy that could not be reached, when it is not the server."""

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
    proxy: str | None = None
    """The proxy that requests go through, as it may be shown."""

    def setting_at_fault(self, line: str, meanwhile: str) -> Fault:
        """A fault that stays until a setting is changed, said in a `line`.

        Once a reply has arrived the settings are right: then it may pass, and `meanwhile` says in a few words what
        is so.
        """
        return Fault(Remedy.RETRY, meanwhile) if self.answered else Fault(Remedy.STOP, line)


def reason_of_words(kind: str, said: str) -> str | None:
    """What an error's `kind` and words mean, whatever its status; ``None`` when they are not among the known."""
    words = f"{kind} {said}".lower()
    if kind == "rate_limit_error":
        return RATE_LIMITED
    if "overloaded" in words:
        return OVERLOADED
    return TIMED_OUT if kind == "timeout_error" else None
