"""Commands of an evaluation that was imported."""

from __future__ import annotations

import pytest

from dropout_core.state.command_table import IMPORTED, Command
from dropout_core.values.plan import Plan
from dropout_core.verdict.verdict import Outcome
from dropout_tui.presenters.evaluations.stored_commands import StoredCommands, Then
from tests.tui.states import evaluation_state, void


def commands(kept: list[Plan]) -> StoredCommands:
    state = evaluation_state(runs=2, trials=[Outcome.PASSED, void()], ended="completed", imported="a.jsonl")

    def go_on(number: int, then: Then) -> None:
        raise AssertionError("nobody can be asked")

    return StoredCommands(1, state, go_on, kept.append)


@pytest.mark.parametrize("command", [each for each in Command if each is not Command.CHANGE])
def test_whatever_would_need_a_model_is_refused(command: Command) -> None:
    assert commands([]).refusal(command) == IMPORTED
    assert commands([]).add_runs(5) == IMPORTED


def test_another_band_is_taken_on() -> None:
    kept: list[Plan] = []
    asked = commands(kept)
    assert asked.refusal(Command.CHANGE) is None
    plan = Plan(runs=2, band=evaluation_state(runs=1).config.band, tolerance=0.05)
    assert asked.change_plan(plan) is None
    assert kept == [plan]
