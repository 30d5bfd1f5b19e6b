"""Pictures of the author's checklist. Update with ``pytest -n 0 --snapshot-update``."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from dropout_core.task.prompt import load_prompt
from dropout_core.tasks.dropout import task as dropout
from dropout_core.verdict.verdict import Outcome
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.screens.evaluations.review import ReviewScreen
from tests.tui.looking import text_on_screen, until
from tests.tui.states import evaluation_state, failed, void
from tests.tui.test_snapshots import Shown, Snapshot, settle


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
def test_review(snap_compare: Snapshot, size: tuple[int, int]) -> None:
    prompt = load_prompt("plain", suite="basic", mode="answer", task=dropout).text
    trials = [Outcome.PASSED] * 4 + [failed("scaling", "other_rates")] * 7 + [failed("rate"), void()]
    state = evaluation_state(runs=13, trials=trials, ended="completed", prompt="plain", prompt_text=prompt)
    screen = ReviewScreen(LiveEvaluation(14, state))

    async def look(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "not shown" in text_on_screen(pilot.app))
        await pilot.press("G", "k", "k", "k", "k", "k", "k", "k")
        await settle(pilot)

    assert snap_compare(Shown(screen), terminal_size=size, run_before=look)
