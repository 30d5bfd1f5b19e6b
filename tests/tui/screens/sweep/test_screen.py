"""The screen of a sweep: its keys, every size, and text of strangers."""

from __future__ import annotations

from textual.app import App

from dropout_core.verdict.verdict import Outcome
from dropout_tui.screens.sweep.cell import SweepCellScreen
from dropout_tui.screens.sweep.screen import LEAST, SweepScreen
from tests.tui.gallery_trial import StoredConversations
from tests.tui.looking import text_on_screen, until
from tests.tui.states import HOSTILE_TEXTS, verdict
from tests.tui.sweeps import Commands, evaluation, place, sweep_of
from tests.tui.test_snapshots import Shown


def said(app: App[None]) -> str:
    return " ".join(text_on_screen(app).split())


async def test_names_and_reasons_of_strangers_are_text_in_every_size() -> None:
    ends = [verdict(Outcome.FAILED, cause=text, reason=text) for text in HOSTILE_TEXTS]
    cells = {place("plain", "basic", model=text): evaluation(ends) for text in HOSTILE_TEXTS}
    refused = {place("plain", "basic", model=f"{text}{text}"): text for text in HOSTILE_TEXTS}
    sweep = sweep_of({**cells, **refused})
    sweep.commands = Commands()
    app = Shown(SweepScreen(sweep, StoredConversations()))
    async with app.run_test(size=LEAST, notifications=True) as pilot:
        for size in (LEAST, (80, 24), (200, 60)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: "running, 4 at once" in said(app))
            await pilot.press("g", *["j"] * len(HOSTILE_TEXTS), "enter")
            await until(pilot, lambda: "✗ cannot run" in said(app))
        assert "\x1b" not in text_on_screen(app)
        await pilot.resize_terminal(LEAST[0] - 1, LEAST[1])
        await until(pilot, lambda: "Make this terminal larger" in said(app))


async def test_its_keys_hold_stop_and_go_on_and_say_which_of_it_they_do() -> None:
    commands = Commands()
    state = evaluation([Outcome.PASSED])
    sweep = sweep_of({place("plain", "basic"): state, place("terse", "basic"): "[b]gone[/b]: mend it"})
    app = Shown(SweepScreen(sweep, StoredConversations()))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: "opening …" in said(app))
        await pilot.press("P", "S")
        sweep.commands = commands
        await until(pilot, lambda: "running, 4 at once" in said(app))
        assert commands.taken == []
        await pilot.press("P")
        await until(pilot, lambda: "paused 0 of 2 cells decided" in said(app) and "P Go on" in said(app))
        await pilot.press("S", "P")
        await until(pilot, lambda: "S Stop" in said(app))
        await pilot.press("S")
        await until(pilot, lambda: "stopped 0 of 2 cells decided" in said(app))
        assert commands.taken == ["pause", "go on", "stop"]

        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SweepCellScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SweepScreen))
        await pilot.press("j", "enter")
        await until(pilot, lambda: text_on_screen(app).count("[b]gone[/b]: mend it") == 2)
