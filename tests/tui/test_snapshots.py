"""Pictures of the screens, with a clock that stands still. Update with ``pytest -n 0 --snapshot-update``."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from dropout_core.storage.store import Store
from dropout_core.values.annotation import AnnotationChange
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.screens.dashboard.screen import DashboardScreen
from dropout_tui.screens.evaluations.compare import CompareScreen
from dropout_tui.screens.evaluations.forest import ForestScreen
from dropout_tui.screens.evaluations.history import HistoryScreen
from dropout_tui.screens.help import HelpScreen
from dropout_tui.screens.launch.screen import LaunchScreen
from dropout_tui.screens.trial.screen import TrialScreen
from tests.tui import states
from tests.tui.gallery_trial import (
    AGENT_TURNS,
    RecordedCommands,
    StoredConversations,
    failing_run,
    telling_run,
)
from tests.tui.stored import DAY, Recorded, varied

NOW = states.T0 + 30
SIZES = [(80, 24), (120, 40), (200, 60)]
NAMES = ["80x24", "120x40", "200x60"]
THEMES = ["textual-dark", "textual-light"]
LOOKS = [
    pytest.param(
        size,
        theme,
        id=f"{name}-{theme}",
        marks=() if theme == THEMES[0] and size != SIZES[2] else pytest.mark.long_run,
    )
    for theme in THEMES
    for size, name in zip(SIZES, NAMES, strict=True)
]
"""A theme changes no place: but for the dashboard, the light one is looked at in long runs. So is the largest size in
any."""
Snapshot = Callable[..., bool]


class Shown(App[None]):
    """Shows one screen."""

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        self._shown = screen

    def on_mount(self) -> None:
        self.push_screen(self._shown)

    def action_toggle_help(self) -> None:
        self.push_screen(HelpScreen(self._shown))


def dashboard() -> DashboardScreen:
    live = states.live_evaluation(runs=20, trials=states.BUSY, commands=RecordedCommands())
    return DashboardScreen(live, StoredConversations(), clock=lambda: NOW)


def evidence() -> TrialScreen:
    return TrialScreen(telling_run(), 1, StoredConversations(), now=lambda: NOW)


def scale() -> TrialScreen:
    return TrialScreen(telling_run(), 2, StoredConversations(), now=lambda: NOW)


def agent() -> TrialScreen:
    turns = StoredConversations({(1, 2): AGENT_TURNS})
    return TrialScreen(failing_run(mode="agent"), 1, turns, now=lambda: NOW)


def launch() -> LaunchScreen:
    return LaunchScreen(LaunchForm(model="sample", seed="7"), key_configured=False)


async def settle(pilot: Pilot[None]) -> None:
    for field in pilot.app.screen.query(Input):
        field.cursor_blink = False
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


@pytest.fixture
def full_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """In the working folder, because the screen shows its path; in one time zone, because it shows dates."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.chdir(tmp_path)
    store = Store(Path("evaluations.sqlite3"))
    varied(store)
    yield store
    store.close()
    monkeypatch.undo()
    time.tzset()


def history(store: Store) -> HistoryScreen:
    return HistoryScreen(store, Recorded(open_number=8), clock=lambda: states.T0 + 8 * DAY)


def compare(store: Store) -> CompareScreen:
    return CompareScreen(store, 9, 7, open_one=lambda _: None)


def forest(store: Store) -> ForestScreen:
    store.annotate(6, AnnotationChange("sonnet", add=("strict",)))
    return ForestScreen(store, range(1, 10), open_one=lambda *_: None)


@pytest.mark.parametrize(("size", "theme"), LOOKS)
@pytest.mark.parametrize("screen", [history, compare, forest])
def test_screen_about_many(
    snap_compare: Snapshot,
    full_store: Store,
    screen: Callable[[Store], Screen[object]],
    size: tuple[int, int],
    theme: str,
) -> None:
    async def settle_in_colours(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme
        await settle(pilot)
        await pilot.press("space", "down", "m")
        await settle(pilot)

    assert snap_compare(Shown(screen(full_store)), terminal_size=size, run_before=settle_in_colours)


def pressing(keys: str, theme: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def press(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme
        await settle(pilot)
        for key in keys.split():
            await pilot.press(key)
            await settle(pilot)

    return press


def looks_of(
    name: str, screen: Callable[[], Screen[Any]], keys: str, *each_commit: str
) -> list[ParameterSet]:
    """Of one screen, in all looks; each commit looks at it in the dark in the sizes of these names."""
    return [
        pytest.param(
            screen, keys, size, theme, id=f"{name}-{size_name}-{theme}",
            marks=() if theme == THEMES[0] and size_name in each_commit else pytest.mark.long_run,
        )
        for theme in THEMES
        for size, size_name in zip(SIZES, NAMES, strict=True)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("screen", "keys", "size", "theme"),
    [
        *looks_of("launch", launch, "", "80x24", "120x40"),
        *looks_of("help", dashboard, "question_mark", "80x24"),
        *looks_of("mask", evidence, "", "120x40"),
        *looks_of("conversation", agent, "2 j enter", "80x24"),
        *looks_of("difference", evidence, "d 4 enter", "120x40"),
    ],
)
def test_screen(
    snap_compare: Snapshot, screen: Callable[[], Screen[object]], keys: str, size: tuple[int, int], theme: str
) -> None:
    assert snap_compare(Shown(screen()), terminal_size=size, run_before=pressing(keys, theme))


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(size, id=name, marks=() if size == SIZES[1] else pytest.mark.long_run)
        for size, name in zip(SIZES, NAMES, strict=True)
    ],
)
def test_the_scale_of_the_survivors(snap_compare: Snapshot, size: tuple[int, int]) -> None:
    assert snap_compare(Shown(scale()), terminal_size=size, run_before=pressing("", THEMES[0]))
