"""Packed checks of a stored verdict, unpacked when someone looks at them.

Ten thousand verdicts hold a hundred thousand checks with their evidence, while a table of them shows only outcomes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, overload

from dropout_core.values.stored.compact_json import dump
from dropout_core.values.stored.value import Unreadable, json_value, sequence_of, unpacked
from dropout_core.verdict.check import Check, CheckStatus

UNPACKED_AT_MOST = 64
"""Verdicts whose checks stay unpacked: those on a screen, not all that were ever looked at."""


class PackedChecks(Sequence[Check]):
    """Sequence equal to the tuple of the checks that it stands for."""

    __slots__ = ("_alone", "_packed", "_place", "statuses")

    def __init__(
        self,
        packed: bytes,
        place: int,
        statuses: tuple[tuple[str, CheckStatus], ...],
        *,
        alone: bool = False,
    ) -> None:
        """`packed` is the result of `pack`, `place` the index in its lists, and `alone` says that there is only one.

        `statuses` are ids and how they ended.
        """
        self.statuses = statuses
        """Ids and statuses, available without unpacking."""
        self._alone = alone
        self._packed = packed
        self._place = place

    @classmethod
    def of(cls, checks: Sequence[Check]) -> PackedChecks:
        """`checks`, packed."""
        return cls(pack([checks]), 0, tuple((check.id, check.status) for check in checks), alone=True)

    @property
    def packed_alone(self) -> bytes | None:
        """Result of `pack` for these checks alone, if there is one."""
        return self._packed if self._alone else None

    @property
    def read(self) -> tuple[Check, ...]:
        """The unpacked checks."""
        return _read(self._packed, self._place, self.statuses)

    def to_json(self) -> list[dict[str, Any]]:
        """The checks as plain JSON values."""
        return [check.to_json() for check in self.read]

    def __len__(self) -> int:
        return len(self.statuses)

    @overload
    def __getitem__(self, index: int) -> Check: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Check, ...]: ...
    def __getitem__(self, index: int | slice) -> Check | tuple[Check, ...]:
        return self.read[index]

    def __iter__(self) -> Iterator[Check]:
        return iter(self.read)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, tuple | PackedChecks):
            return self.read == tuple(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.read)

    def __repr__(self) -> str:
        return repr(self.read)


@lru_cache(maxsize=UNPACKED_AT_MOST)
def _read(packed: bytes, place: int, statuses: tuple[tuple[str, CheckStatus], ...]) -> tuple[Check, ...]:
    """The checks, or what stands in their places: what cannot be read is not tried again each time it is looked at."""
    try:
        return _unpacked(packed, place, statuses)
    except Unreadable as error:
        return tuple(_in_the_place_of(id_, status, str(error)) for id_, status in statuses)


def _unpacked(packed: bytes, place: int, statuses: tuple[tuple[str, CheckStatus], ...]) -> tuple[Check, ...]:
    lists = json_value(unpacked(packed))
    if not isinstance(lists, list) or place >= len(lists):
        raise Unreadable("it is not a list of checks")
    checks: tuple[Check, ...] = sequence_of(Check.from_json)(lists[place])
    if tuple((check.id, check.status) for check in checks) != statuses:
        raise Unreadable("they are other checks than the verdict counts")
    return checks


def _in_the_place_of(id_: str, status: CheckStatus, why: str) -> Check:
    """Placeholder for a check that cannot be read, with its id and status."""
    return Check(id_, id_, status, f"What is stored of this check cannot be read: {why}.")


def checks_to_json(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """Plain JSON values of checks, packed or not."""
    return checks.to_json() if isinstance(checks, PackedChecks) else [check.to_json() for check in checks]


def checks_json_text(checks: Sequence[Check]) -> str:
    """Stored text of `checks_to_json`."""
    if isinstance(checks, PackedChecks) and (packed := checks.packed_alone) is not None:
        return zlib.decompress(packed).decode().removeprefix("[").removesuffix("]")
    return dump(checks_to_json(checks))


def pack(lists: Sequence[Sequence[Check]]) -> bytes:
    """The checks of several verdicts, compressed to a fifth of the size."""
    match lists:
        case [PackedChecks(packed_alone=bytes(packed))]:
            return packed
    return zlib.compress(dump([checks_to_json(checks) for checks in lists]).encode(), level=1)
