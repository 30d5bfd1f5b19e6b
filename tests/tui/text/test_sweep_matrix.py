"""The matrix of a sweep."""

from __future__ import annotations

from rich.cells import cell_len

from dropout_core.analysis.sweep_cells import SweepCell
from dropout_tui.text.sweep_matrix import matrix_lines
from tests.core.analysis.test_sweep_proposal import ABOVE, BELOW, INSIDE, OPEN, cell


def test_rows_and_columns_are_the_two_longest_axes_and_what_fits_is_marked() -> None:
    cells = [
        cell(1, ABOVE, "plain", "basic"),
        cell(2, INSIDE, "plain", "strict"),
        cell(3, BELOW, "terse", "basic"),
        SweepCell(
            (("task", "dropout"), ("model", "m"), ("prompt", "terse"), ("suite", "strict")), None, None, "no"
        ),
    ]
    assert matrix_lines(cells) == [
        "prompt \\ suite  basic                   strict",
        "plain             100 % (84–100) of 20  ▶ 25 % (18–33) of 120",
        "                  above                   IN the band, scaling 90",
        "terse             0 % (0–3) of 120      ✗ cannot run",
        "                  below, scaling 120",
    ]


def test_further_axes_have_a_table_for_each_of_their_values() -> None:
    cells = [
        cell(number, OPEN, prompt, suite, effort=effort)
        for number, (effort, prompt, suite) in enumerate(
            (e, p, s)
            for e in ("low", "high")
            for p in ("plain", "terse")
            for s in ("basic", "strict", "hard")
        )
    ]
    lines = matrix_lines(cells)
    assert [line for line in lines if line.startswith("effort")] == ["effort low:", "effort high:"]
    assert sum(line.startswith("prompt \\ suite") for line in lines) == 2


def test_one_cell_is_a_table_too() -> None:
    assert matrix_lines([cell(1, OPEN, "plain", "basic")])[0].split() == ["prompt", "\\", "suite", "basic"]


def test_wide_characters_move_no_column() -> None:
    lines = matrix_lines([cell(1, OPEN, "漢字漢字漢字漢字", "basic"), cell(2, OPEN, "plain", "basic")])
    heads, wide, plain = (line for line in lines if not line.startswith(" "))
    assert cell_len(heads[: heads.index("basic")]) == cell_len("漢字漢字漢字漢字  ")
    assert cell_len(wide) == cell_len(plain)
