"""What is said of a sweep in lines: before it, and at its end."""

from __future__ import annotations

from io import StringIO

import pytest

from dropout_core.costs.purse import Purse
from dropout_core.values.price import Price
from dropout_tui.command_line.lines.report_lines import estimate
from dropout_tui.command_line.sweep.ending import ending_of, reason_of_end
from dropout_tui.command_line.sweep.lines import SweepPrinter, error_words
from dropout_tui.command_line.sweep.running import budget_lines
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from tests.tui.sweeps import ABOVE, INSIDE, OPEN, evaluation, mixed, place, sweep_of

REFUSED = "refused: check ANTHROPIC_API_KEY"


def test_the_share_of_each_cell_is_said_only_where_there_are_several() -> None:
    assert error_words(1) == "Anything false is said with a probability of 5% at most."
    assert error_words(3).endswith("5% at most: 1.67% for each cell.")


def test_a_budget_says_that_replies_are_taken_to_be_the_longest_until_one_has_come() -> None:
    price = Price(1.0, 5.0)
    fresh = evaluation([], price=price, budget=0.5, max_tokens=1000).state
    (said,) = budget_lines(Purse(0.5), [fresh], [])
    assert "more runs or so if each takes the longest reply; a cell takes" in said
    poor = budget_lines(Purse(0.01), [fresh], [])
    assert poor[1] == (
        "so this budget cannot decide anything: what it leaves is rates and intervals, unless replies are shorter"
    )
    under_way = evaluation(OPEN, price=price, budget=0.5).state
    assert "longest reply" not in budget_lines(Purse(0.5), [under_way], [])[0]


def test_sample_answers_cost_nothing_so_no_dollars_are_said_of_them() -> None:
    fresh = evaluation([], model="sample", budget=1.0).state
    assert estimate(fresh) is None
    said = estimate(evaluation([], model="sample", budget=1.0, max_total_tokens=50_000).state)
    assert said is not None
    assert "$" not in said
    assert budget_lines(Purse(1.0), [fresh], []) == ()


def test_why_a_cell_cannot_run_is_said_once_and_in_full() -> None:
    cells = mixed().cells
    out = StringIO()
    printer = SweepPrinter(cells, out, as_json=False)
    printer.cell_ended(cells[4])
    printer.end(cells, "completed")
    assert out.getvalue().count("task [b]mine[/b] has gone: give another --suites") == 1
    assert "✗ cannot run" in out.getvalue()
    # The screen has printed nothing before its end.
    out = StringIO()
    SweepPrinter(cells, out, as_json=False).end(cells, "completed")
    assert out.getvalue().count("task [b]mine[/b] has gone: give another --suites") == 1


@pytest.mark.parametrize(
    ("second", "stop_reason", "status", "lines"),
    [
        (evaluation(INSIDE, ended="decided"), None, 0, ()),
        (evaluation(ABOVE, ended="decided"), None, 3, ()),
        (evaluation(INSIDE, ended="stopped", runs=120), None, 0, ()),
        (evaluation(OPEN, ended=REFUSED), None, 2, (REFUSED,)),
        ("no API key", None, 2, ("1 cell cannot run",)),
        (
            evaluation(OPEN, ended="budget"),
            "budget",
            2,
            ("the budget lets no further run begin; with a larger one the same command goes on with it",),
        ),
    ],
)
def test_the_exit_status_and_what_is_said_with_it(
    second: LiveEvaluation | str, stop_reason: str | None, status: int, lines: tuple[str, ...]
) -> None:
    above = evaluation(ABOVE, ended="decided", runs=20)
    cells = sweep_of({place("plain", "basic"): above, place("terse", "basic"): second}).cells
    ending = ending_of(cells, stop_reason, require_band=True, reasons_are_said=True)
    assert (ending.status, ending.lines) == (status, lines)


def test_a_sweep_is_decided_when_all_of_it_is() -> None:
    decided = sweep_of({place("plain", "basic"): evaluation(ABOVE, ended="decided")}).cells
    assert reason_of_end(decided, None) == "decided"
    assert reason_of_end(mixed().cells, None) == "completed"
    assert reason_of_end(mixed().cells, "budget") == "budget"
