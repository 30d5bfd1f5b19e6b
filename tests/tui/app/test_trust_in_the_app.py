"""The line of trust and the author's checklist in the whole program, over a real store and a real sandbox."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from dropout_core.sandbox import Sandbox, opening
from dropout_core.storage.store import Store
from dropout_core.values.annotation import AnnotationChange
from dropout_core.verdict.verdict import Outcome
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.screens.dashboard.screen import DashboardScreen
from dropout_tui.screens.evaluations.reopened import ReopenedScreen
from dropout_tui.screens.evaluations.review import ReviewScreen
from dropout_tui.screens.save_file import SaveScreen
from dropout_tui.screens.trial.screen import TrialScreen
from dropout_tui.widgets.form.form_row import Field
from dropout_tui.widgets.trial.trust_line import TrustLine
from tests.tui.app.test_history_in_the_app import opened_history, program, settled
from tests.tui.looking import text_on_screen, until
from tests.tui.states import failed
from tests.tui.stored import stored


async def test_an_answer_is_graded_again_with_fresh_seeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_open, open_now = asyncio.Event(), opening.open_sandbox

    async def open_when_told(**options: Any) -> Sandbox:
        await may_open.wait()
        return await open_now(**options)

    store = Store(tmp_path / "store.sqlite3")
    async with program(store, start=LaunchForm(model="sample", runs="1", seed="4")) as (app, pilot):
        await until(pilot, lambda: settled(app, 1))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrialScreen))
        line = app.screen.query_one(TrustLine)
        await until(
            pilot, lambda: "fails < 1e-06" in str(line.render()) or "errs < 1e-06" in str(line.render())
        )
        # Gradings that were over before the key came would leave nothing for it to stop.
        monkeypatch.setattr(opening, "open_sandbox", open_when_told)
        await pilot.press("t")
        await until(pilot, lambda: "esc stops" in str(line.render()))
        await pilot.press("escape")
        await until(pilot, lambda: "esc stops" not in str(line.render()))
        assert isinstance(app.screen, TrialScreen)
        may_open.set()
        await pilot.press("t")
        await until(pilot, lambda: "20 of 20 the same" in str(line.render()))
        await until(pilot, lambda: len(store.kept_repeats(1)) == 20)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrialScreen))
        again = app.screen.query_one(TrustLine)
        await until(pilot, lambda: again is not line and "20 of 20 the same" in str(again.render()))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await pilot.press("a")
        await until(
            pilot, lambda: "not shown  A verdict is the same whatever the seed" in text_on_screen(app)
        )
        await pilot.press("j", "j", "j", "j")
        await until(pilot, lambda: "20 of 20 the same, of run 1" in text_on_screen(app))
    store.close()


async def test_the_checklist_leads_to_the_runs_behind_a_line(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    stored(
        store,
        [Outcome.PASSED, failed("scaling"), failed("scaling"), failed("rate")],
        prompt="plain-2",
        prompt_text="Write it. [/b]",
    )
    store.annotate(1, AnnotationChange("small"))
    stored(store, [Outcome.PASSED], model="sample")
    async with program(store, shown=2) as (app, pilot):
        history = await opened_history(app, pilot, "h")
        await until(pilot, lambda: history.table.selected is not None and history.focused is history.table)
        await pilot.press("j", "a")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen))
        await until(
            pilot, lambda: "✗ not met    The prompt says exactly what is checked" in text_on_screen(app)
        )
        review = app.screen
        assert isinstance(review, ReviewScreen)
        assert review.command.startswith("dropout-tui run --model")
        await pilot.press("j")
        await until(pilot, lambda: "never asked for: " in text_on_screen(app))
        assert "enter shows 3 runs: 2, 3, 4" in text_on_screen(app)
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, SaveScreen))
        file = tmp_path / "review.md"
        app.screen.query_one("#save-path", Field).value = str(file)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is review)
        assert file.read_text().startswith("# Review of dropout, evaluation 1, small\n")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
        await until(pilot, lambda: "3 of 4" in text_on_screen(app))
        await pilot.press("a")
        await until(
            pilot, lambda: isinstance(app.screen, ReviewScreen) and "✗ not met" in text_on_screen(app)
        )
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
    store.close()
