"""Several evaluations in one program: beside each other, queued, and the list between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.containers import VerticalScroll
from textual.pilot import Pilot
from textual.widgets import Input

from dropout_core.costs.costs import dollars, request_at_most
from dropout_core.costs.purse import Purse
from dropout_core.storage.lease import EvaluationBusy, Lease
from dropout_core.storage.store import Store
from dropout_core.task.sources.named_files import name_task_file
from dropout_core.values.annotation import UNANNOTATED, Annotation
from dropout_core.values.config import EvaluationConfig
from dropout_tui.app.dropout_app import DropoutApp
from dropout_tui.app.startup import StartPoint
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.presenters.evaluations.open_evaluations import mark_of_open
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.presenters.launch.parsing import parse
from dropout_tui.screens.confirm import ConfirmScreen
from dropout_tui.screens.dashboard.screen import DashboardScreen
from dropout_tui.screens.evaluations.evaluation_list import EvaluationListScreen
from dropout_tui.screens.evaluations.purse import PurseScreen
from dropout_tui.screens.launch.screen import LaunchScreen
from dropout_tui.widgets.form.fold import Fold
from dropout_tui.widgets.form.launch_fields import LaunchFields
from tests.core.tasks_of_ones_own import SOFTMAX
from tests.messages_server import Answer, Gate, MessagesServer, Received, Stream, usage
from tests.tui.looking import text_on_screen, until

pytestmark = pytest.mark.timeout(600)  # each opens several evaluations, as slowly as the machine is busy


class Holding:
    """Answers in part, and holds each of the answers until it is let go. The model `silent` says nothing at first."""

    def __init__(self, server: MessagesServer) -> None:
        self.gates: list[Gate] = []
        self.silence = Gate()
        self._are_open = False
        server.default = self._answer

    def _answer(self, request: Received) -> Stream:
        gate = Gate()
        self.gates.append(gate)
        if self._are_open:
            gate.open()
        events = Answer("no code").events()
        begins = [self.silence] if request.body["model"] == "silent" else []
        return Stream([*begins, *events[:3], gate, *events[3:]])

    def let_go(self) -> None:
        """Let every answer end, and those to come."""
        self._are_open = True
        for gate in tuple(self.gates):
            gate.open()


@asynccontextmanager
async def program(
    path: Path, form: LaunchForm, first: LaunchForm | None = None, *, purse: Purse | None = None
) -> AsyncIterator[tuple[DropoutApp, Pilot[None]]]:
    store = Store(path)
    config = parse(first or form)
    assert isinstance(config, EvaluationConfig), config
    app = DropoutApp(lambda: StartPoint(store, form, config, purse=purse), paced=False)
    try:
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            await until(pilot, lambda: app.hears_keys)
            yield app, pilot
            if app.is_running:
                await pilot.press("ctrl+q")
                if isinstance(app.screen, ConfirmScreen):
                    await pilot.press("y")
            await app.workers.wait_for_complete()
    finally:
        store.close()


async def set_up(app: DropoutApp, pilot: Pilot[None], key: str, number: int, **typed: str) -> None:
    """Open the form from where the user is, and leave it by `key`; evaluation `number` comes of it."""
    await pilot.press("n")
    await until(pilot, lambda: isinstance(app.screen, LaunchScreen))
    form = app.screen.query_one(LaunchFields)
    if not typed.keys() <= form.rows.keys():
        form.query_one(Fold).action_fold()
        await until(pilot, lambda: typed.keys() <= form.rows.keys())
    for field, value in typed.items():
        form.query_one(f"#{field}", Input).value = value
    await pilot.press(key)
    await until(pilot, lambda: any(live.number == number for live in app.evaluations))
    await until(pilot, lambda: not isinstance(app.screen, LaunchScreen))


def words(app: DropoutApp) -> list[str]:
    return [f"{live.number} {mark_of_open(live).word}" for live in app.evaluations]


def live_of(app: DropoutApp, number: int) -> LiveEvaluation:
    return next(live for live in app.evaluations if live.number == number)


def said(app: DropoutApp, part: str) -> bool:
    return any(part in f"{notice.title}: {notice.message}" for notice in app._notifications)


def is_free(path: Path, number: int) -> bool:
    try:
        Lease(path, number).release()
    except EvaluationBusy:
        return False
    return True


def unframed(app: DropoutApp) -> str:
    """The words on screen; of a dialog its own, not those of the lines that it leaves in sight."""
    strips = app.screen._compositor.render_strips()
    if isinstance(app.screen, ConfirmScreen):
        dialog = app.screen.query_one(VerticalScroll).region
        strips = [strip.crop(dialog.x, dialog.right) for strip in strips[dialog.y : dialog.bottom]]
    return " ".join("\n".join(strip.text for strip in strips).replace("│", " ").split())


async def listed(app: DropoutApp, pilot: Pilot[None]) -> EvaluationListScreen:
    await pilot.press("l")
    await until(pilot, lambda: isinstance(app.screen, EvaluationListScreen))
    assert isinstance(app.screen, EvaluationListScreen)
    return app.screen


async def test_two_run_under_one_limit_and_the_next_begins_after_them(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    held = Holding(messages_server)
    form = LaunchForm(model="m", base_url=messages_server.url, runs="3", concurrency="2")
    async with program(tmp_path / "store.sqlite3", form) as (app, pilot):
        await until(pilot, lambda: len(held.gates) == 2)
        await set_up(app, pilot, "f5", 2, model="silent")
        assert isinstance(app.screen, DashboardScreen)
        assert app.screen.live is live_of(app, 2)
        await until(pilot, lambda: "2 of 2 evaluations" in text_on_screen(app))
        await until(pilot, lambda: live_of(app, 2).commands is not None)
        await set_up(app, pilot, "f6", 3, runs="1")
        await set_up(app, pilot, "f6", 4, runs="1")
        assert words(app) == ["1 running", "2 running", "3 queued 1", "4 queued 2"]
        assert app.screen.live is live_of(app, 2)
        # All the room there is belongs to the first.
        assert len(held.gates) == 2

        # What it really has is said, not what it would have alone.
        await until(pilot, lambda: "running, 0 of 2 at once" in text_on_screen(app))

        screen = await listed(app, pilot)
        await until(pilot, lambda: "4 open · 2 of 2 in flight" in text_on_screen(app))
        assert "set here" not in text_on_screen(app)
        # There is room for two more. The server has answered others, and yet the first request of the second goes alone
        # until something comes back.
        await pilot.press("plus", "plus")
        await until(pilot, lambda: "3 of 4 in flight" in text_on_screen(app))
        await until(pilot, lambda: len(held.gates) == 3)
        held.silence.open()
        await until(pilot, lambda: "4 of 4 in flight, set here" in text_on_screen(app))
        await until(pilot, lambda: len(held.gates) == 4)
        # The limit may be left to the evaluations again. Lowering it stops none.
        await pilot.press("0")
        await until(pilot, lambda: "4 of 2 in flight" in text_on_screen(app))
        assert "set here" not in text_on_screen(app)
        assert screen.selected is live_of(app, 2)
        await pilot.press("j", "j", "K")
        await until(pilot, lambda: words(app)[2:] == ["4 queued 1", "3 queued 2"])
        assert screen.selected is live_of(app, 4)

        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await until(pilot, lambda: "4 trials are running in 2 evaluations" in unframed(app))
        assert "2 evaluations are queued" in unframed(app)
        await pilot.press("n", "home", "enter")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        assert app.screen.live is live_of(app, 1)
        await until(pilot, lambda: "1 of 4 evaluations" in text_on_screen(app))

        assert len(held.gates) == 4
        held.let_go()
        await until(pilot, lambda: words(app) == ["1 completed", "2 completed", "4 completed", "3 completed"])
        await until(pilot, lambda: said(app, "Evaluation 2 completed"))
        assert len(held.gates) == 8
        # The time that a queued one has waited is none of its own.
        assert [live_of(app, number).state.idle_seconds > 0 for number in (1, 2, 3, 4)] == [
            False,
            False,
            True,
            True,
        ]
        started = [live_of(app, number).state.trial(1).attempts[0].started_at for number in (4, 3)]
        assert started[1] >= (live_of(app, 4).state.ended_at or float("inf"))

        # All that have ended may be taken off the list, the one looked at too, but not the last one.
        await listed(app, pilot)
        for left in (["2", "4", "3"], ["4", "3"], ["3"]):
            await pilot.press("home", "d")
            await until(pilot, lambda left=left: [word[0] for word in words(app)] == left)  # type: ignore[misc]
        await until(pilot, lambda: is_free(tmp_path / "store.sqlite3", 1))
        await pilot.press("d")
        await until(pilot, lambda: said(app, "the only one"))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        assert app.screen.live is live_of(app, 3)


async def test_one_that_breaks_off_says_so_and_the_others_go_on_until_they_may_finish(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    held = Holding(messages_server)
    path, task = tmp_path / "store.sqlite3", tmp_path / "softmax.py"
    task.write_text(SOFTMAX)
    name_task_file(task)
    first = LaunchForm(model="m", base_url=messages_server.url, runs="1")
    form = LaunchForm(model="m", base_url=messages_server.url, runs="1", task=str(task), suite="")
    async with program(path, form, first) as (app, pilot):
        await until(pilot, lambda: len(held.gates) == 1)
        await set_up(app, pilot, "f6", 2)
        task.unlink()
        await listed(app, pilot)
        await pilot.press("end", "s")
        await until(pilot, lambda: words(app) == ["1 running", "2 broke off"])
        await until(pilot, lambda: said(app, "Evaluation 2 stopped") and said(app, "softmax.py"))
        await until(pilot, lambda: "✗ broke off" in text_on_screen(app))
        task.write_text(SOFTMAX)
        await pilot.press("s")
        await until(pilot, lambda: words(app) == ["1 running", "2 running"] and len(held.gates) == 2)

        # What has been queued may be taken off the list, and is kept.
        await set_up(app, pilot, "f6", 3)
        await listed(app, pilot)
        await pilot.press("end", "x")
        await until(pilot, lambda: words(app) == ["1 running", "2 running"])
        await until(pilot, lambda: is_free(path, 3))

        # To finish lets the runs of all end, and begins nothing of the queue.
        await set_up(app, pilot, "f6", 4)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("f")
        await until(pilot, lambda: said(app, "still ends"))
        held.let_go()
        await until(pilot, lambda: not app.is_running)
    assert len(held.gates) == 2
    store = Store(path)
    assert [store.state(number).tally.graded for number in (1, 2, 3, 4)] == [1, 1, 0, 0]
    # Each of them is an ordinary stored evaluation, which can be resumed.
    assert store.newest_unfinished() == 4
    store.close()


async def test_all_wait_when_their_purse_is_empty_and_go_on_when_it_is_filled(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    form = LaunchForm(
        model="m", base_url=messages_server.url, runs="2", price="10,50", max_tokens="100", concurrency="4"
    )
    config = parse(form)
    assert isinstance(config, EvaluationConfig)
    assert config.price is not None
    most = request_at_most(config)
    one = most.cost(config.price)
    messages_server.default = Answer("no code", usage=usage(int(most.input), int(most.output)))
    async with program(tmp_path / "store.sqlite3", form, purse=Purse(one)) as (app, pilot):
        await until(pilot, lambda: "held by the common budget" in text_on_screen(app))
        await until(
            pilot,
            lambda: said(app, f"The common budget of ${one:g} does not allow another attempt. B in the list"),
        )
        app.clear_notifications()
        await pilot.press("s")
        await until(pilot, lambda: said(app, "does not allow another attempt. B in the list (l)"))
        app.clear_notifications()

        await set_up(app, pilot, "f5", 2, name="second", tags="night, slow")
        assert app.store is not None
        assert app.store.annotation(2) == Annotation("second", "", ("night", "slow"))
        assert app.store.annotation(1) == UNANNOTATED
        await until(pilot, lambda: words(app) == ["1 no budget", "2 no budget"])
        # It is said once, not by each of them.
        assert not said(app, "does not allow")
        assert len(messages_server.requests) == 1

        await listed(app, pilot)
        spent = dollars(one)
        await until(pilot, lambda: f"{spent} of {spent}, $0.00 left" in text_on_screen(app))
        await pilot.press("s")
        await until(pilot, lambda: said(app, "does not allow another attempt. B changes it."))
        await pilot.press("B")
        await until(pilot, lambda: isinstance(app.screen, PurseScreen))
        app.screen.query_one("#budget", Input).value = "some"
        await pilot.press("enter")
        await until(pilot, lambda: "✗ 'some' is not an amount of dollars" in text_on_screen(app))
        app.screen.query_one("#budget", Input).value = ""
        await pilot.press("enter")
        await until(pilot, lambda: words(app) == ["1 completed", "2 completed"])
        await until(pilot, lambda: f"{dollars(4 * one)} spent" in text_on_screen(app))
    assert len(messages_server.requests) == 4
