"""How well answers were kept apart, over several verdicts: what the weakest of them says."""

from __future__ import annotations

NOT_RUN = "not run"
_RANKS = {NOT_RUN: 0, "partial": 2, "weak": 3}
_FULL = 1
"""The rank of every other."""


def weaker(one: str, other: str) -> str:
    """The level that protects less; that of an answer that was not run is none."""
    return max(one, other, key=lambda level: (_rank(level), level))


def falls_short(level: str) -> bool:
    """Whether something is not protected that is where the isolation is full."""
    return _rank(level) > _FULL


def words_of(level: str) -> str | None:
    """What a person should know of a level that is not full."""
    if not falls_short(level):
        return None
    advice = "; grade only what you trust" if level.startswith("weak") else ""
    return f"isolation is {level}{advice}"


def _rank(level: str) -> int:
    return _RANKS.get(level.partition(":")[0], _FULL)
