"""The lines of a what-if: columns as wide as what stands in them."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from dropout_tui.widgets.evaluations.change_list import change_lines
from tests.tui.text.words.test_what_if import row

LONG = "-" + "the_name_of_a_check_that_is_long"


def test_every_column_begins_in_the_same_cell_as_its_head() -> None:
    heads, *lines = (
        line.plain
        for line in change_lines([row("none", 1_000_000, 4_000_000), row("+漢字", 2), row(LONG, 3)], 120)
    )
    assert lines[2].startswith("without the_name_of_a_check_that_is_long ")
    ends = {cell_len(line[: line.index("%") + 1]) for line in lines}
    assert ends == {cell_len(heads[: heads.index("Rate") + 4])}
    starts = {cell_len(line[: line.index("◂ rate in band")]) for line in lines}
    assert starts == {cell_len(heads[: heads.index("Band")])}


@pytest.mark.parametrize("width", [66, 72])
def test_a_long_name_is_cut_so_that_the_rest_fits(width: int) -> None:
    lines = [line.plain for line in change_lines([row("none", 2), row(LONG, 2, unasked=("a", "b"))], width)]
    assert max(map(cell_len, lines)) == width
    assert lines[2].startswith("withou")
    assert lines[2].endswith("2 never asked")
    assert "…" in lines[2]
