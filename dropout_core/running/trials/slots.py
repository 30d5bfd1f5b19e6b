"""Slots: a limit on how many trials are in flight, which can change at any time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import NamedTuple


class _Place(NamedTuple):
    """Place of a waiting trial in the line; the smallest is next."""

    begins: bool
    """Trials in progress come before those that have not begun."""
    trial: int


class Slots:
    """Gives out slots, to trials in progress first and then in the order of their numbers."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """Most trials in flight at once. Lowering it does not stop those in progress."""
        self.taken: set[int] = set()
        """Trials that hold a slot."""
        self._waiting: dict[int, tuple[_Place, Callable[[], None]]] = {}
        self._order: list[_Place] = []
        """A heap. It may also hold places that nobody waits in any more."""

    def request(self, trial: int, granted: Callable[[], None], *, under_way: bool = False) -> None:
        """Ask for a slot; `granted` is called from `dispatch` once the trial holds one."""
        place = _Place(not under_way, trial)
        heapq.heappush(self._order, place)
        self._waiting[trial] = (place, granted)

    def cancel(self, trial: int) -> None:
        """Stop waiting."""
        self._waiting.pop(trial, None)

    def release(self, trial: int) -> None:
        """Give back the trial's slot."""
        self.taken.discard(trial)

    def dispatch(self, may_have: Callable[[int], bool]) -> None:
        """Give free slots to waiting trials in order, up to the first that may not have one now."""
        while len(self.taken) < self.limit and (trial := self.next) is not None and may_have(trial):
            heapq.heappop(self._order)
            _, granted = self._waiting.pop(trial)
            self.taken.add(trial)
            granted()

    @property
    def next(self) -> int | None:
        """The trial that gets the next free slot; ``None`` when none waits."""
        while self._order:
            place = self._order[0]
            waits_in, _ = self._waiting.get(place.trial, (None, None))
            if waits_in == place:
                return place.trial
            heapq.heappop(self._order)
        return None

    @property
    def idle(self) -> bool:
        """Whether no trial holds a slot."""
        return not self.taken

    @property
    def waiting(self) -> tuple[int, ...]:
        """Trials that wait for a slot."""
        return tuple(self._waiting)
