"""What to call `dropout` with: arguments drawn afresh from a seed, so that no answer can know them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from dropout_core.sandbox import Call, Watch
from dropout_core.task.requirement import RUNS
from dropout_core.tasks.dropout.clauses import ALL
from dropout_core.tasks.dropout.probes.groups import Drawn, Group

__all__ = ["WATCHED", "Group", "Probes", "draw_probes"]


@dataclass(frozen=True, slots=True)
class Probes:
    """The calls of one grading."""

    calls: tuple[Call, ...]
    """In the order in which they are made. It is shuffled, so that the position of a call tells next to nothing about
    it."""
    groups: Mapping[Group, tuple[int, ...]]
    """Indices into `calls`, ascending; empty for a group that was not drawn."""


WATCHED = frozenset(Group) - {Group.BAD_RATES, Group.BAD_RATES_AND_MORE, Group.MEMORY}
"""Groups in which it is seen whether the input was modified, when a requirement asks for it."""

LOOKED_AT_AGAIN = 2_500
"""What a call with up to so many elements returned is looked at once more after all calls."""

IN_A_ROW = frozenset({Group.PAIR, Group.GENERATORS, Group.AXES})
"""Groups in which equal calls come right after each other, so that a mask kept from one call shows in the next."""


def draw_probes(seed: int, requirement_ids: Collection[str] = ()) -> Probes:
    """The calls of the suite `basic`, and those that further requirements need. Equal seeds draw equal probes.

    Raises:
        ValueError: `seed` is negative.
    """
    rng = np.random.default_rng(seed)
    needed = [one for one in ALL if one.id == RUNS or one.id in requirement_ids]
    drawn: list[Drawn] = [made for one in needed for made in cast(Iterable[Drawn], one.draw(rng))]
    watched = WATCHED if any(Watch.INPUT in one.watch for one in needed) else frozenset()
    drawn = [(group, _watched(call, group in watched)) for group, call in drawn]
    rows = list(_in_rows(drawn))
    shuffled = [made for row in rng.permutation(len(rows)) for made in rows[row]]
    groups: dict[Group, list[int]] = {group: [] for group in Group}
    for place, (group, _) in enumerate(shuffled):
        groups[group].append(place)
    return Probes(
        tuple(call for _, call in shuffled), {group: tuple(places) for group, places in groups.items()}
    )


def _watched(call: Call, with_input: bool) -> Call:
    """The call, watched as it needs to be."""
    watch = call.watch
    if with_input:
        watch |= {Watch.INPUT}
    if call.x.size <= LOOKED_AT_AGAIN and Watch.RESULT not in watch:
        watch |= {Watch.RESULT}
    return call if watch is call.watch else replace(call, watch=watch)


def _in_rows(drawn: Iterable[Drawn]) -> Iterator[list[Drawn]]:
    """The calls, those that stay together in one list."""
    row: list[Drawn] = []
    for one in drawn:
        if row and not _is_repeated(row[-1], one):
            yield row
            row = []
        row.append(one)
    yield row


def _is_repeated(before: Drawn, after: Drawn) -> bool:
    (group, call), (other_group, other) = before, after
    return (
        group in IN_A_ROW
        and group is other_group
        and (call.x.shape, call.p, call.keywords) == (other.x.shape, other.p, other.keywords)
    )
