"""The tables of ``docs/statistics.md`` say what the program does."""

from __future__ import annotations

import pytest

from docs.statistics import CASES, FILE, TRIALS, USUAL, error_table, price_table, true_rates, with_tables
from dropout_core.statistics.band.decision import threshold
from dropout_core.statistics.band.process import false_statement_probability
from dropout_core.statistics.pass_rate import DECISION_ERROR

TEXT = FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize("rate", [0.25, 0.6])
def test_a_row_of_the_prices_is_as_the_script_writes_it(rate: float) -> None:
    *_, row = price_table([rate], (0.0, 0.02, 0.05), TRIALS)
    assert row in TEXT.splitlines()


def test_a_row_of_the_errors_is_as_the_script_writes_it() -> None:
    """At the rate that is said to be misjudged most often; the script looks at all."""
    (found,) = false_statement_probability([USUAL.lo], USUAL, 0.0, TRIALS)
    assert f"| 10–40 | 0 | {threshold(USUAL, 0.0):.2f} | {found:.2%} | 10 % |" in TEXT.splitlines()


def test_no_table_promises_what_does_not_hold() -> None:
    rows = list(error_table(CASES, 100, 50))[2:]
    assert len(rows) == len(CASES)
    worst = [float(row.split("|")[4].strip().removesuffix("%")) / 100 for row in rows]
    assert 0 < max(worst) <= DECISION_ERROR


def test_the_rates_hold_the_edges_and_what_is_next_to_them() -> None:
    rates = true_rates(USUAL, 0.05)
    for edge in (0.1, 0.4, USUAL.lo + 0.05, USUAL.hi - 0.05):
        place = rates.index(edge)
        assert rates[place - 1] < edge < rates[place + 1]
        assert rates[place + 1] - rates[place - 1] < 1e-15


def test_a_text_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks"):
        with_tables("# nothing", {"errors": iter(())})
