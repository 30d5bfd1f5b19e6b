"""Outage of the server: whether it answers at all at present, and how long to leave it alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

REQUESTS_IN_A_ROW = 3
"""Requests in a row that fail to the end, with no answer in between, before it counts as an outage."""
STRUGGLING_AFTER = 3
"""Failed tries from which an unfinished request counts among them, once another has failed to the end."""
FIRST_WAIT = 30.0
LONGEST_WAIT = 300.0
LONGEST_OUTAGE = 1800.0
"""Seconds. After such a wait the evaluation ends, to be resumed when the server works again."""


@dataclass(frozen=True, slots=True)
class Outage:
    """Failures of requests since the server last answered one."""

    given_up: int = 0
    """Requests that failed to the end."""
    probes: int = 0
    """How often the server was left alone for a while and then tested by one request."""
    since: float | None = None
    """When it began, by the gate's clock; ``None`` while there is none."""

    def after_giving_up(self, struggling: int, now: float, *, no_room: bool = False) -> Outage:
        """After one more request has failed to the end, beside `struggling` others that have failed often.

        With `no_room` the server is overloaded for all others too, which is an outage already.
        """
        after = replace(self, given_up=self.given_up + 1)
        if self.since is None and (no_room or after.given_up + struggling >= REQUESTS_IN_A_ROW):
            return replace(after, since=now)
        return after

    def after_probe(self) -> Outage:
        """After the server is left alone once more."""
        return replace(self, probes=self.probes + 1)

    @property
    def is_on(self) -> bool:
        """Whether the server answers nothing."""
        return self.since is not None

    @property
    def wait(self) -> float:
        """Seconds until the next request may be sent: twice as long each time, up to five minutes."""
        return min(FIRST_WAIT * 2.0 ** min(self.probes, 16), LONGEST_WAIT)

    def is_too_long(self, now: float) -> bool:
        """Whether it is no longer worth waiting."""
        return self.since is not None and now - self.since >= LONGEST_OUTAGE


NO_OUTAGE = Outage()
