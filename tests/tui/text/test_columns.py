"""Columns are measured in cells of a terminal, not in characters."""

from __future__ import annotations

from rich.cells import cell_len

from dropout_tui.text.columns import aligned, column_widths

ROWS = [("prompt", "rate"), ("漢字漢字", "5 %"), ("e\u0301", "100 %")]


def test_a_column_begins_in_the_same_cell_in_every_row() -> None:
    widths = column_widths(ROWS)
    assert widths == (8, 5)
    assert [cell_len(aligned(row, widths).removesuffix(row[1])) for row in ROWS] == [10, 10, 10]
    assert [cell_len(aligned(row, widths, right={1})) for row in ROWS] == [15, 15, 15]


def test_what_is_too_wide_is_cut_to_its_column() -> None:
    assert aligned(("漢字漢字", "x"), (5, 1)) == "漢字   x"
    assert aligned(("123456", "x"), (3, 1), right={0}) == "123  x"
