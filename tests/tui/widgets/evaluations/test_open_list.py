"""The lines of the evaluations of this program, in any width."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.statistics.pass_rate import Decision
from dropout_tui.presenters.evaluations.open_evaluations import COUNTED, OpenRow, shares_of
from dropout_tui.text.labels import Mark, mark_of_status
from dropout_tui.widgets.evaluations.open_list import bar_of, columns_for, heads_of, line_of

GLYPHS = [mark_of_status(status).glyph for status, _ in COUNTED]
ROW = OpenRow(
    number=1_234,
    model="claude-haiku-4-5",
    about="explicit · strict",
    mark=Mark("■", "completed", "muted", "$foreground-muted"),
    counts=(1_234, 567, 89, 10, 11, 2_000),
    rate=0.685,
    decision=Decision.UNDECIDED,
    is_sample=False,
)
NEW = replace(ROW, number=7, model="模型[/b]", counts=(0, 0, 0, 0, 0, 10), rate=None, decision=None)


@given(st.lists(st.integers(0, 3_000), min_size=6, max_size=6), st.integers(0, 80))
def test_a_bar_is_filled_in_proportion_and_forgets_no_kind(counts: list[int], cells: int) -> None:
    shares = shares_of(counts, cells)
    assert sum(shares) == (cells if sum(counts) else 0)
    assert all(share >= 0 for share in shares)
    kinds = sum(count > 0 for count in counts)
    for count, share in zip(counts, shares, strict=True):
        assert share == 0 if not count else share >= 1 or cells < kinds
    if cells >= kinds:
        for (_, fewer), (_, more) in pairwise(sorted(zip(counts, shares, strict=True))):
            assert fewer <= more + 1


@pytest.mark.parametrize("rows", [[ROW], [NEW], [ROW, NEW]])
@pytest.mark.parametrize("width", [34, 48, 60, 78, 98, 118, 198])
def test_every_number_is_whole_in_any_width(rows: list[OpenRow], width: int) -> None:
    columns = columns_for(rows, width)
    numbers_need = columns.number + sum(cells + 1 for cells in columns.counts) + columns.rate + 4
    assert heads_of(columns).cell_length <= max(width, numbers_need) + 2
    for row in rows:
        line = line_of(row, columns)
        assert line.cell_length <= max(width, numbers_need)
        assert str(row.number) in line.plain.split()
        for glyph, count, cells in zip(GLYPHS, row.counts, columns.counts, strict=True):
            assert not cells or f"{glyph}{count:,}" in line.plain.split()
        assert row.mark.glyph in line.plain


def test_a_wide_line_says_everything_in_words() -> None:
    line = line_of(ROW, columns_for([ROW], 118)).plain
    for said in ("claude-haiku-4-5 · explicit · strict", "■ completed", "68 %", "? undecided"):
        assert said in line
    assert "✓✓" in bar_of(ROW.counts, 30).plain
