"""Rounds: a batch is submitted when nobody can add to it any more.

A request waits until everything in flight, here and in evaluations side by side, waits for a batch too. Then one batch
is submitted for each evaluation that has requests.
"""

from __future__ import annotations

import asyncio
from typing import Protocol


class Round(Protocol):
    """The requests of one evaluation that are to be submitted together."""

    @property
    def is_growing(self) -> bool:
        """Whether something in flight may add another request."""
        ...

    def submit(self) -> None:
        """Submit what there is."""
        ...


class Rounds:
    """The rounds of all evaluations that run side by side."""

    def __init__(self) -> None:
        self._rounds: list[Round] = []
        self._looks_soon = False

    def add(self, each: Round) -> None:
        """Take in the round of one more evaluation."""
        self._rounds.append(each)

    def remove(self, each: Round) -> None:
        """Wait for an evaluation no longer."""
        if each in self._rounds:
            self._rounds.remove(each)
            self.changed()

    def changed(self) -> None:
        """Something has begun or ended: the rounds may be complete, as soon as all have been told of it."""
        if not self._looks_soon:
            self._looks_soon = True
            asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        self._looks_soon = False
        if not any(each.is_growing for each in self._rounds):
            for each in tuple(self._rounds):
                each.submit()
