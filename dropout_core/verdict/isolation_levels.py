"""Isolation levels of several verdicts, and the weakest of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

NOT_RUN = "not run"
_RANKS = {NOT_RUN: 0, "partial": 2, "weak": 3}
_FULL = 1
"""Rank of all levels that are not named."""


def weaker(one: str, other: str) -> str:
    """The weaker of two levels; that of an answer that was not run does not count."""
    return max(one, other, key=lambda level: (_rank(level), level))


def weakest(levels: Iterable[str]) -> str:
    """The weakest of any number of levels."""
    return reduce(weaker, levels, NOT_RUN)


def falls_short(level: str) -> bool:
    """Whether the isolation is less than full."""
    return _rank(level) > _FULL


def words_of(level: str) -> str | None:
    """Warning about a level that is not full."""
    if not falls_short(level):
        return None
    advice = "; grade only what you trust" if level.startswith("weak") else ""
    return f"isolation is {level}{advice}"


def _rank(level: str) -> int:
    return _RANKS.get(level.partition(":")[0], _FULL)
