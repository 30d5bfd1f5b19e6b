"""The columns of the history, and names too long for theirs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dropout_tui.text.truncate import cut_in_the_middle
from dropout_tui.widgets.evaluations.evaluation_row import columns_for, gap_at

SONNET = "claude-sonnet-4-5-20250929"


@given(st.integers(0, 300), st.integers(0, 80), st.integers(0, 80))
def test_the_columns_fit_and_hold_at_least_number_and_model(width: int, model: int, label: int) -> None:
    columns = columns_for(width, model, label)
    assert {column.name for column in columns} >= {"number", "model"}
    taken = sum(column.width for column in columns) + gap_at(width) * (len(columns) - 1)
    assert taken <= max(width, 15)


@given(st.integers(76, 300), st.integers(0, 40))
def test_from_eighty_columns_on_more_room_never_shortens_the_names_of_models(width: int, model: int) -> None:
    narrow, wide = (
        {column.name: column.width for column in columns_for(cells, model)} for cells in (width, width + 1)
    )
    if gap_at(width) == gap_at(width + 1):
        assert narrow["model"] <= wide["model"]


@pytest.mark.parametrize("width", [76, 116, 196])
def test_names_of_evaluations_have_a_column_where_there_are_any(width: int) -> None:
    assert "label" not in {column.name for column in columns_for(width, 16)}
    columns = {column.name: column.width for column in columns_for(width, 16, 20)}
    assert columns["label"] >= 12
    assert {"rate", "interval", "decision"} <= columns.keys()


@pytest.mark.parametrize("width", [76, 116, 196])
def test_from_eighty_columns_on_names_with_a_date_are_read_to_their_end(width: int) -> None:
    columns = {column.name: column.width for column in columns_for(width, len(SONNET))}
    assert cut_in_the_middle(SONNET, columns["model"]).endswith("4-5-20250929")
    assert {"when", "rate", "interval", "decision", "status"} <= columns.keys()
    assert width == 76 or columns["model"] == len(SONNET)


@given(st.text(), st.integers(0, 30))
def test_a_name_keeps_both_ends(name: str, width: int) -> None:
    cut = cut_in_the_middle(name, width)
    assert cell_len(cut) <= width
    if cell_len(name) <= width:
        assert cut == name
    elif width:
        beginning, end = cut.rsplit("…", 1) if "…" not in name else ("", "")
        assert name.startswith(beginning.rstrip())
        assert name.endswith(end)
