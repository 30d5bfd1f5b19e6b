"""An evaluation that is asked in batches, on the screen and beside another that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropout_core.state.trial_state import Status
from dropout_core.storage.store import Store
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.screens.confirm import ConfirmScreen
from dropout_tui.screens.dashboard.screen import DashboardScreen
from dropout_tui.screens.launch.screen import LaunchScreen
from tests.batches_server import BatchesServer
from tests.messages_server import Answer
from tests.tui.app.test_several_evaluations import Holding, live_of, program, unframed
from tests.tui.looking import until

pytestmark = pytest.mark.timeout(600)  # it opens two evaluations, as slowly as the machine is busy


async def test_a_batch_is_shown_takes_no_room_and_is_left_at_its_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    path = tmp_path / "store.sqlite3"
    with BatchesServer(lambda _: Answer("no code")) as server:
        server.hold()
        held = Holding(server)
        form = LaunchForm(model="m", base_url=server.url, runs="3", concurrency="2")
        first = LaunchForm(model="m", base_url=server.url, runs="12", concurrency="2", batch=True)
        async with program(path, form, first) as (app, pilot):
            await until(pilot, lambda: "batch: 0 of 12 done, expires " in unframed(app))
            assert [len(batch.requests) for batch in server.batches] == [12]
            assert unframed(app).count("● batched") >= 10
            assert "Waits for batch 1 to be answered." in unframed(app)

            # What is in a batch keeps nobody from asking.
            await pilot.press("n")
            await until(pilot, lambda: isinstance(app.screen, LaunchScreen))
            await pilot.press("f5")
            await until(pilot, lambda: len(app.evaluations) == 2)
            await until(pilot, lambda: held.gates)
            held.let_go()
            await until(pilot, lambda: live_of(app, 2).state.stop_reason == "completed")
            assert live_of(app, 1).state.tally.count(Status.RUNNING) == 12

            await pilot.press("q")
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
            asked = "12 trials wait for a batch, which goes on at its server."
            await until(pilot, lambda: asked in unframed(app))
            assert "Leave it at the server and quit" in unframed(app)
            await pilot.press("n")
            await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        assert "cancel" not in server.kinds()
    store = Store(path)
    try:
        (left,) = store.state(1).open_batches
        assert left.id == server.batches[0].id
    finally:
        store.close()
