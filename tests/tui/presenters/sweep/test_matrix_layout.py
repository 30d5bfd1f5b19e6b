"""Where the cells of a sweep stand on the screen."""

from __future__ import annotations

from dropout_core.analysis.sweep_cells import SweepCell
from dropout_tui.presenters.sweep.matrix_layout import matrix_layout
from tests.tui.sweeps import place


def grid(prompts: str, suites: str, temperatures: str = "0") -> list[SweepCell]:
    return [
        SweepCell(place(prompt, suite, temperature=temperature), None, None)
        for prompt in prompts.split(",")
        for suite in suites.split(",")
        for temperature in temperatures.split(",")
    ]


def test_the_longest_axis_goes_down_and_the_next_one_across() -> None:
    layout = matrix_layout(grid("plain,terse", "basic,strict,hard"))
    assert (layout.row_axes, layout.column_axis) == (("suite",), "prompt")
    assert layout.rows == (("basic",), ("strict",), ("hard",))
    assert layout.columns == ("plain", "terse")
    assert layout.indices == ((0, 3), (1, 4), (2, 5))


def test_further_axes_go_down_too_and_vary_more_slowly() -> None:
    layout = matrix_layout(grid("plain,terse", "basic,strict", "0,1,2"))
    assert (layout.row_axes, layout.column_axis) == (("temperature", "suite"), "prompt")
    assert layout.rows[:4] == (("0", "basic"), ("1", "basic"), ("2", "basic"), ("0", "strict"))
    assert layout.indices[3] == (3, 9)


def test_one_axis_is_a_column_under_the_usual_other_one() -> None:
    layout = matrix_layout(grid("plain,terse", "basic"))
    assert (layout.row_axes, layout.column_axis, layout.columns) == (("prompt",), "suite", ("basic",))
    assert layout.indices == ((0,), (1,))
