"""What is said of a sweep as a whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dropout_core.costs.purse import Purse
from dropout_core.values.price import Price
from dropout_tui.presenters.sweep.status import (
    next_words,
    seconds_left_at_most,
    status_of,
    title_of,
    ways_of,
)
from dropout_tui.widgets.sweep.status_line import status_lines
from tests.tui.sweeps import ABOVE, BELOW, INSIDE, OPEN, Commands, evaluation, mixed, place, sweep_of


def test_what_is_under_way_is_counted() -> None:
    sweep = mixed()
    status = status_of(sweep)
    assert status.stage == "running, 4 at once"
    assert status.progress == "3 of 6 cells decided, 264 runs graded"
    assert status.in_flight == "● 2 in flight"
    assert status.left.startswith("at most ")
    assert status.notices == ()
    assert title_of(sweep) == "dropout-tui sweep 3/6 decided"
    assert ways_of(sweep.cells) == "6 cells (2 prompts × 3 suites)"


@pytest.mark.parametrize(
    ("reason", "flying", "stage"),
    [
        (None, True, "running, 4 at once"),
        ("paused", True, "pausing"),
        ("paused", False, "paused"),
        ("stopped", True, "stopped: what is in flight ends"),
        ("budget", False, "out of budget"),
    ],
)
def test_the_stage_is_one_word_for_each_way_to_stand_still(
    reason: str | None, flying: bool, stage: str
) -> None:
    sweep = sweep_of(
        {place("plain", "basic"): evaluation(OPEN if flying else [], ended=None if flying else reason)}
    )
    sweep.commands = Commands(reason)
    assert status_of(sweep).stage == stage
    assert (status_of(sweep).left == "") == (reason is not None or not flying)


def test_it_is_opening_until_it_takes_commands_and_held_while_nothing_can_be_stored() -> None:
    sweep = mixed()
    sweep.commands = None
    assert status_of(sweep).stage == "opening …"
    sweep.blocked_since = 1.0
    assert status_of(sweep).stage == "held: cannot be stored"


def test_a_sweep_of_which_nothing_is_left_is_decided_or_completed() -> None:
    over = {place("plain", "basic"): evaluation(ABOVE, ended="decided", runs=20)}
    for trials, reason, stage in ((BELOW, "decided", "decided"), (OPEN[:4], "completed", "completed")):
        cells = {**over, place("plain", "hard"): evaluation(trials, runs=len(trials), ended=reason)}
        sweep = sweep_of(cells)
        sweep.commands = Commands()
        assert status_of(sweep).stage == stage
        assert sweep.has_nothing_left
        # Stopping it then changes nothing.
        assert next_words(sweep.cells, has_ended=True).startswith("Next: ")


def test_money_and_tokens_stand_beside_their_limits_and_samples_cost_nothing() -> None:
    price = Price(1.0, 5.0)
    cells = {place("plain", "basic"): evaluation(INSIDE, price=price, budget=3.0)}
    costs = status_of(sweep_of(cells, purse=Purse(3.0, 900_000))).costs
    assert " of $3.00, " in costs
    assert costs.endswith("tokens of 900k")
    samples = status_of(sweep_of({place("plain", "basic"): evaluation(INSIDE, model="sample")}))
    assert "$" not in samples.costs
    assert samples.notices[0].startswith("sample answers are built in")


def test_the_time_left_is_that_of_all_runs_of_the_open_cells() -> None:
    states = [cell.state for cell in mixed().cells if cell.state is not None]
    one = seconds_left_at_most(states, 1)
    assert one is not None
    four = seconds_left_at_most(states, 4)
    assert four == pytest.approx(one / 4)
    assert seconds_left_at_most([states[0]], 4) is None
    batched = [*states[:-1], replace(states[-1], config=replace(states[-1].config, batch=True))]
    assert seconds_left_at_most(batched, 4) is None


def test_before_anything_is_decided_nothing_is_proposed() -> None:
    sweep = sweep_of({place("plain", "basic"): evaluation(OPEN)})
    assert next_words(sweep.cells, has_ended=False) == "So far: no cell is decided yet"
    assert next_words(mixed().cells, has_ended=False).startswith(
        "So far: `plain` + `strict` (evaluation 2) is in"
    )


@pytest.mark.parametrize("width", [20, 60, 80, 120, 200])
def test_the_notice_is_never_left_out_and_the_stage_only_where_there_is_no_room(width: int) -> None:
    sweep = sweep_of({place("plain", "basic"): evaluation(OPEN, model="sample")})
    sweep.commands = Commands()
    for height in (1, 2):
        lines = status_lines(status_of(sweep), width, height)
        assert len(lines) <= height
        assert all(line.cell_length <= width for line in lines)
        assert "built in" in lines[0].plain or "built-in" in lines[0].plain
        assert width < 60 or "running" in lines[0].plain
