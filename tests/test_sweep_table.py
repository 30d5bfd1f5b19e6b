"""The table of ``docs/sweep.md`` says what the program does."""

from __future__ import annotations

import pytest

from docs.sweep import FILE, RATES, SWEEPS, table, with_table

TEXT = FILE.read_text(encoding="utf-8")


def test_a_row_is_as_the_script_writes_it() -> None:
    *_, row = table([RATES[1]], [10], SWEEPS)
    assert row in TEXT.splitlines()


def test_by_promise_no_row_takes_longer_than_in_turn() -> None:
    rows = [
        line.split("|") for line in TEXT.splitlines() if line.startswith("| ") and "in flight" not in line
    ]
    for _, _, _, promised, turned, *_ in rows:
        half, half_in_turn = promised.split(", ")[0].strip(), turned.split(", ")[0].strip()
        if "–" not in half_in_turn:
            assert int(half.replace(",", "")) <= int(half_in_turn.replace(",", ""))
    assert len(rows) >= len(RATES)


def test_a_text_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks"):
        with_table("# nothing", iter(()))
