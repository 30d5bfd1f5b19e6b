"""Times, tokens and rates in the few cells a column has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.values.words.percent import percent
from dropout_tui.text.numbers import about, clock, count, elapsed, percent_range


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0.0s"), (3.21, "3.2s"), (59.94, "59.9s"), (59.96, "1:00"), (64, "1:04"), (7505, "2h05m")],
)
def test_elapsed(seconds: float, shown: str) -> None:
    assert elapsed(seconds) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(-1, "0:00"), (12.4, "0:12"), (3599.6, "1h00m")])
def test_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0"), (999, "999"), (1_000, "1.0k"), (12_400, "12.4k"), (99_960, "100k"), (1_250_000, "1.25M")],
)
def test_count(number: int, shown: str) -> None:
    assert count(number) == shown


@given(st.integers(0, 999_000_000))
def test_a_count_has_at_most_five_cells(number: int) -> None:
    assert len(count(number)) <= 5


@pytest.mark.parametrize(
    ("fraction", "shown"), [(0, "0"), (0.003, "<1"), (0.3, "30"), (0.997, ">99"), (1, "100")]
)
def test_only_true_extremes_read_as_such(fraction: float, shown: str) -> None:
    assert percent(fraction) == shown


def test_a_range() -> None:
    assert percent_range((0.108, 0.603)) == "11–60"


@pytest.mark.parametrize(("number", "shown"), [(7, "7"), (73, "73"), (178, "180"), (1_234, "1,200")])
def test_an_estimate_has_two_digits(number: int, shown: str) -> None:
    assert about(number) == shown
