"""A limit on how many trials are in flight, that can be changed while they are."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import NamedTuple


class _Place(NamedTuple):
    """Where a trial stands among those that wait; the smallest is next."""

    begins: bool
    """What is under way already comes before what has not begun."""
    trial: int


class Slots:
    """Gives out slots, to trials under way first and then in the order of their numbers; whoever waits is called
    when one is free."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """How many may be in flight at once. Lowering it never stops what is under way."""
        self.taken: set[int] = set()
        """The trials that hold a slot."""
        self._waiting: dict[int, tuple[_Place, Callable[[], None]]] = {}
        self._order: list[_Place] = []
        """A heap. It also holds places that are no longer waited in."""

    def request(self, trial: int, granted: Callable[[], None], *, under_way: bool = False) -> None:
        """Wait for a slot; `granted` is called from `dispatch` once the trial holds one."""
        place = _Place(not under_way, trial)
        heapq.heappush(self._order, place)
        self._waiting[trial] = (place, granted)

    def cancel(self, trial: int) -> None:
        """No longer wait."""
        self._waiting.pop(trial, None)

    def release(self, trial: int) -> None:
        """The trial no longer needs its slot."""
        self.taken.discard(trial)

    def dispatch(self, may_have: Callable[[int], bool]) -> None:
        """Give free slots to those who wait, up to the first that may not have one now."""
        while self._order and len(self.taken) < self.limit:
            place = self._order[0]
            asked, granted = self._waiting.get(place.trial, (None, None))
            if asked != place or granted is None:
                heapq.heappop(self._order)
                continue
            if not may_have(place.trial):
                return
            heapq.heappop(self._order)
            del self._waiting[place.trial]
            self.taken.add(place.trial)
            granted()

    @property
    def idle(self) -> bool:
        """Whether no trial holds a slot."""
        return not self.taken

    @property
    def waiting(self) -> tuple[int, ...]:
        """The trials that wait for a slot."""
        return tuple(self._waiting)
