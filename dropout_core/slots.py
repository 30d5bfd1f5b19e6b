"""A limit on how many trials are in flight, that can be changed while they are."""

from __future__ import annotations

import heapq
from collections.abc import Callable


class Slots:
    """Gives out slots in the order of the trials' numbers; whoever waits is called when one is free."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """How many may be in flight at once. Lowering it never stops what is under way."""
        self.taken: set[int] = set()
        """The trials that hold a slot."""
        self._waiting: dict[int, Callable[[], None]] = {}
        self._order: list[int] = []

    def ask(self, trial: int, granted: Callable[[], None]) -> None:
        """Wait for a slot; `granted` is called from `hand_out` once the trial holds one."""
        if trial not in self._waiting:
            heapq.heappush(self._order, trial)
        self._waiting[trial] = granted

    def withdraw(self, trial: int) -> None:
        """No longer wait."""
        self._waiting.pop(trial, None)

    def give_back(self, trial: int) -> None:
        """The trial no longer needs its slot."""
        self.taken.discard(trial)

    def hand_out(self, may_have: Callable[[int], bool]) -> None:
        """Give free slots to those who wait, up to the first that may not have one now."""
        while self._order and len(self.taken) < self.limit:
            if self._order[0] not in self._waiting:
                heapq.heappop(self._order)
                continue
            if not may_have(self._order[0]):
                return
            trial = heapq.heappop(self._order)
            self.taken.add(trial)
            self._waiting.pop(trial)()

    @property
    def idle(self) -> bool:
        """Whether no trial holds a slot."""
        return not self.taken

    @property
    def waiting(self) -> tuple[int, ...]:
        """The trials that wait for a slot."""
        return tuple(self._waiting)
