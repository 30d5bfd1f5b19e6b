"""Persistent list: an immutable sequence that shares most of its storage with changed copies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar, overload

Row = TypeVar("Row", covariant=True)
Other = TypeVar("Other")

_CHUNK = 64
"""Rows a chunk: about the square root of the longest list, so that both levels are short to copy."""


class PersistentList(Sequence[Row]):
    """Like a tuple, but `with_row` copies O(√n) places instead of n and shares the rest."""

    __slots__ = ("_chunks", "_length")

    _chunks: tuple[tuple[Row, ...], ...]
    """Each of `_CHUNK` rows, except for the last, so that equal rows lie in equal chunks."""
    _length: int

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        every = tuple(rows)
        self._length = len(every)
        self._chunks = tuple(every[start : start + _CHUNK] for start in range(0, len(every), _CHUNK))

    def with_row(self, place: int, row: Other) -> PersistentList[Row | Other]:
        """Copy with `row` at `place`, counted from 0.

        Raises:
            IndexError: there is no such place.
        """
        return self.with_rows({place: row})

    def with_rows(self, rows: Mapping[int, Other]) -> PersistentList[Row | Other]:
        """Copy with `rows` at their places, counted from 0.

        Raises:
            IndexError: there is no such place.
        """
        changed: dict[int, list[Any]] = {}
        for place, row in rows.items():
            if not 0 <= place < self._length:
                raise IndexError(place)
            at, within = divmod(place, _CHUNK)
            chunk = changed.get(at)
            if chunk is None:
                chunk = changed[at] = list(self._chunks[at])
            chunk[within] = row
        chunks = list(self._chunks)
        for at, chunk in changed.items():
            chunks[at] = tuple(chunk)
        copy: PersistentList[Any] = PersistentList.__new__(PersistentList)
        copy._chunks = tuple(chunks)
        copy._length = self._length
        return copy

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Row, ...]: ...
    def __getitem__(self, place: int | slice) -> Row | tuple[Row, ...]:
        if isinstance(place, slice):
            return tuple(self)[place]
        if place < 0:
            place += self._length
        if not 0 <= place < self._length:
            raise IndexError(place)
        return self._chunks[place // _CHUNK][place % _CHUNK]

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Row]:
        return chain.from_iterable(self._chunks)

    def __reversed__(self) -> Iterator[Row]:
        return chain.from_iterable(map(reversed, reversed(self._chunks)))

    def __eq__(self, other: object) -> bool:
        return self._chunks == other._chunks if isinstance(other, PersistentList) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._chunks)

    def __repr__(self) -> str:
        return f"PersistentList({list(self)!r})"
