"""Rows are a tuple to whoever reads them, and leave alone what a changed copy does not change."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.state.persistent_list import PersistentList

LENGTHS = st.one_of(st.integers(0, 10), st.sampled_from((63, 64, 65, 127, 128, 129, 500)))


@st.composite
def rows_and_a_place(draw: st.DrawFn) -> tuple[tuple[int, ...], int]:
    length = draw(LENGTHS.filter(bool))
    return tuple(range(length)), draw(st.integers(0, length - 1))


@given(LENGTHS, st.data())
def test_rows_read_like_a_tuple(length: int, data: st.DataObject) -> None:
    plain = tuple(range(length))
    rows = PersistentList(plain)
    assert len(rows) == length
    assert tuple(rows) == plain
    assert tuple(reversed(rows)) == plain[::-1]
    assert [rows[place] for place in range(-length, length)] == [*plain, *plain]
    part = data.draw(st.slices(length))
    assert rows[part] == plain[part]
    wanted = data.draw(st.integers(-1, length))
    assert (wanted in rows) == (wanted in plain)
    assert bool(rows) == bool(plain)


@given(LENGTHS, st.sampled_from((0, 1, 1000)))
def test_what_is_not_there_is_an_index_error(length: int, beyond: int) -> None:
    rows = PersistentList(range(length))
    for place in (length + beyond, -length - 1 - beyond):
        with pytest.raises(IndexError):
            rows[place]
        with pytest.raises(IndexError):
            rows.with_row(place, 0)


@given(rows_and_a_place())
def test_a_changed_copy_differs_in_that_place_alone(given_: tuple[tuple[int, ...], int]) -> None:
    plain, place = given_
    rows = PersistentList(plain)
    copy = rows.with_row(place, "new")
    assert tuple(copy) == (*plain[:place], "new", *plain[place + 1 :])
    assert tuple(rows) == plain


@given(LENGTHS, st.lists(st.tuples(st.integers(0, 499), st.integers()), max_size=20))
def test_equal_rows_are_equal_however_they_came_about(length: int, changes: list[tuple[int, int]]) -> None:
    plain: list[Any] = list(range(length))
    rows: PersistentList[Any] = PersistentList(plain)
    for place, row in changes:
        if place < length:
            plain[place] = row
            rows = rows.with_row(place, row)
    assert rows == PersistentList(plain)
    assert hash(rows) == hash(PersistentList(plain))
    assert rows != PersistentList([*plain, 0])
    assert rows != plain
