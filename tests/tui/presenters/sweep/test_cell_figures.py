"""What a cell of a sweep says in the matrix, and in full below it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from rich.cells import cell_len

from dropout_core.analysis.sweep_cells import SweepCell, axes_of
from dropout_core.statistics.pass_rate import Decision
from dropout_tui.presenters.sweep.cell_detail import detail_of
from dropout_tui.presenters.sweep.cell_figures import (
    CellFigures,
    Part,
    figures_of,
    one_line,
    three_lines,
    widths_of,
)
from dropout_tui.presenters.sweep.live_sweep import LiveSweep
from dropout_tui.text.labels import mark_of_decision
from tests.tui.sweeps import OPEN, evaluation, mixed, place, sweep_of


def text_of(parts: Iterable[Part]) -> str:
    return "".join(text for text, _ in parts)


def in_three_lines(cell: SweepCell, width: int = 24) -> list[str]:
    return [text_of(line).rstrip() for line in three_lines(figures_of(cell), width)]


def test_each_kind_of_cell_says_its_rate_decision_counts_and_main_cause() -> None:
    above, inside, under_way, below, refused, unknown = map(in_three_lines, mixed().cells)
    assert above == ["  100 % (84–100)", "  ▲ above band 20/20", ""]
    assert inside == ["▶ 25 % (18–33)", "  ✓ in band 30/120", "  scaling 90"]
    assert under_way == ["  25 % (5–70)         ⊘1", "  ? undecided 1/4", "  scaling 2           ●2"]
    assert below == ["  0 % (0–3)", "  ▼ below band 0/120", "  scaling 120"]
    assert refused == ["  –", "  ✗ cannot run", ""]
    assert unknown == ["  –", "  · not begun", ""]


def test_a_cell_that_stands_still_for_a_trouble_of_its_own_says_so() -> None:
    trouble = "refused: the server does not know the model 'b'"
    sweep = sweep_of({place("plain", "basic"): evaluation([], ended=trouble)})
    (cell,) = sweep.cells
    assert in_three_lines(cell)[1] == "  ! stopped 0/0"
    assert detail_of(cell, axes_of([cell])).trouble == trouble


LARGE = CellFigures(
    mark_of_decision(Decision.BELOW), rate="<1", interval="0–100", passed_of="99,999/100,000", void=1_234,
    in_flight=1_000, cause="a_very_long_name_of_a_check_that_nobody_would_write", cause_count=98_765,
)  # fmt: skip


@pytest.mark.parametrize("figures", [LARGE, CellFigures(mark_of_decision(Decision.IN), fits=True, rate="25")])
def test_no_number_is_cut_however_narrow_and_every_line_has_the_same_width(figures: CellFigures) -> None:
    widths = widths_of([figures, LARGE])
    lines = three_lines(figures, widths.least)
    flat = one_line(figures, widths, widths.one_line)
    for shown in (" ".join(map(text_of, lines)), text_of(flat)):
        for number in (
            figures.share,
            figures.passed_of,
            figures.void_words,
            figures.in_flight_words,
            str(figures.mark),
        ):
            assert number in shown
        assert (
            not figures.cause_count
            or f"… {figures.cause_count:,}" in shown
            or f" {figures.cause_count:,}" in shown
        )
    assert {cell_len(text_of(line)) for line in lines} == {widths.least}
    assert cell_len(text_of(flat)) == widths.one_line


def test_columns_never_grow_narrower() -> None:
    wide = widths_of([LARGE])
    assert widths_of([CellFigures(mark_of_decision(Decision.IN))], wide) == wide


def test_the_detail_says_all_that_the_matrix_leaves_out() -> None:
    sweep: LiveSweep = mixed()
    cells, axes = sweep.cells, axes_of(sweep.cells)
    inside, under_way, refused = (detail_of(cells[index], axes) for index in (1, 2, 4))
    assert (inside.name, inside.number, str(inside.mark)) == ("prompt plain, suite strict", "#2", "✓ in band")
    assert inside.lines[0].startswith("25 % (95 %: 18–33, at any time ")
    assert inside.lines[0].endswith("30 of 120 passed, at most 200 runs")
    assert inside.lines[1:] == ("failed for: scaling 90",)
    assert "1 void, 2 in flight" in under_way.lines[0]
    assert " more trials to decide, " in under_way.lines[1]
    assert under_way.lines[2] == "failed for: scaling 2, rate 1"
    assert refused.trouble == "the suite 'strict' of task [b]mine[/b] has gone: give another --suites"


def test_names_of_strangers_stay_on_their_line() -> None:
    cells = sweep_of(
        {place("plain", "basic", model="a\n\x1b[31m"): evaluation(OPEN), place("plain", "basic"): None}
    ).cells
    name = detail_of(cells[0], axes_of(cells)).name
    assert "\n" not in name
    assert "\x1b" not in name
