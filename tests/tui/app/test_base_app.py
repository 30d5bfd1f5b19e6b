"""Theme, keys, palette, clipboard, bell, title and news of the whole app."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event

import pytest
from textual.binding import Binding
from textual.command import CommandList, CommandPalette
from textual.pilot import Pilot
from textual.theme import BUILTIN_THEMES
from textual.widgets import Input

from dropout_core.state.events import EvaluationEnded, VerdictReached
from dropout_core.storage.store import Store
from dropout_tui.app.base_app import BaseApp
from dropout_tui.app.dropout_app import DropoutApp
from dropout_tui.app.notification_digest import NotificationDigest
from dropout_tui.app.startup import StartPoint
from dropout_tui.screens.dashboard.screen import DashboardScreen
from dropout_tui.screens.help import HelpScreen
from dropout_tui.screens.trial.screen import TrialScreen
from dropout_tui.settings.preferences import Preferences
from dropout_tui.settings.saved_theme import UiState
from dropout_tui.terminal.clipboard import NotCopied
from tests.messages_server import Gate, MessagesServer
from tests.tui import states
from tests.tui.app.test_dropout_app import RIGHT, UNSCALED, config, form, sequence
from tests.tui.looking import text_on_screen, until


@asynccontextmanager
async def running(
    tmp_path: Path,
    preferences: Preferences,
    options: Mapping[str, str] = {},
    *,
    settled: bool = True,
) -> AsyncIterator[tuple[DropoutApp, Pilot[None]]]:
    store = Store(tmp_path / "store.sqlite3")
    app = DropoutApp(
        lambda: StartPoint(store, form(), config(**options)), paced=False, preferences=preferences
    )
    try:
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            await until(pilot, lambda: app.live is not None)
            if settled:
                await until(pilot, lambda: app.live is not None and app.live.state.ended_at is not None)
            yield app, pilot
            app.told_to_end()
            await app.workers.wait_for_complete()
    finally:
        store.close()


def said(app: BaseApp) -> str:
    return "\n".join(notice.message for notice in app._notifications)


async def open_palette(app: DropoutApp, pilot: Pilot[None]) -> None:
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(app.screen, CommandPalette))
    await until(pilot, lambda: app.screen.query_one(CommandList).option_count)


def listed(app: DropoutApp) -> list[str]:
    """The titles that the palette shows."""
    return [str(option.prompt) for option in app.screen.query_one(CommandList).options]


async def search_for(words: str, app: DropoutApp, pilot: Pilot[None]) -> None:
    """All of `words` at once, as if pasted; what is found has then taken the place of what was listed."""
    listed = app.screen.query_one(CommandList)
    before = listed.options[0]
    app.screen.query_one(Input).value = words
    await until(pilot, lambda: listed.option_count and listed.options[0] is not before)


async def test_the_theme_is_remembered_from_one_start_to_the_next(tmp_path: Path) -> None:
    preferences = Preferences(remembered=UiState(tmp_path / "state" / "screen.json"))
    async with running(tmp_path, preferences) as (app, pilot):
        first = app.theme
        await pilot.press("ctrl+t")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"nord")
        await until(pilot, lambda: "nord" in text_on_screen(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.theme == "nord")
        await until(pilot, lambda: preferences.remembered is not None and preferences.remembered.theme())
    assert first != "nord"
    async with running(tmp_path, preferences) as (app, _):
        assert app.theme == "nord"
        assert said(app) == ""
    assert [file.name for file in (tmp_path / "state").iterdir()] == ["screen.json"]


async def test_a_theme_that_is_asked_for_wins_and_is_not_remembered(tmp_path: Path) -> None:
    remembered = UiState(tmp_path / "screen.json")
    remembered.keep_theme("nord")
    async with running(tmp_path, Preferences(theme="dracula", remembered=remembered)) as (app, _):
        assert app.theme == "dracula"
    assert remembered.theme() == "nord"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", json.dumps({"theme": 3}).encode(),
                                     json.dumps({"theme": "[/x] none"}).encode()])  # fmt: skip
async def test_a_damaged_file_of_choices_is_ignored_with_at_most_a_line(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "screen.json"
    path.write_bytes(content)
    app = BaseApp(Preferences(remembered=UiState(path)))
    async with app.run_test(notifications=True):
        assert app.theme in BUILTIN_THEMES
        assert said(app).count("\n") == 0
        assert (said(app) != "") == (content not in (b"[]", b'{"theme": 3}'))


async def test_a_file_of_choices_that_cannot_be_written_is_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    remembered = UiState(tmp_path / "file" / "screen.json")
    app = BaseApp(Preferences(remembered=remembered))
    async with app.run_test(notifications=True) as pilot:
        app.theme = "nord"
        await until(pilot, lambda: "cannot remember the theme" in said(app))


@pytest.mark.parametrize(
    "themes",
    [
        ("textual-light", "ansi-light"),
        pytest.param(("solarized-light", "ansi-dark"), marks=pytest.mark.long_run),
    ],
)
@pytest.mark.timeout(600)  # many keys, each as slow as the machine is busy
async def test_any_theme_can_be_worn_on_every_screen(tmp_path: Path, themes: tuple[str, str]) -> None:
    async with running(tmp_path, Preferences(theme=themes[-1])) as (app, pilot):
        for key, shown in [
            (None, "✗ failed"),
            ("enter", "def dropout"),
            ("question_mark", "what the keys do"),
        ]:
            if key is not None:
                await pilot.press(key)
            await until(pilot, lambda shown=shown: shown in text_on_screen(app))  # type: ignore[misc]
            for theme in themes:
                app.theme = theme
                await pilot.pause()
                assert app.theme == theme
                assert shown in text_on_screen(app)


async def test_keys_of_ones_own_work_and_are_shown(tmp_path: Path) -> None:
    keys = {"run.rerun": "f6", "app.help": "f7", "run.pase": "z", "run.cancel": "space"}
    async with running(tmp_path, Preferences(keys=keys)) as (app, pilot):
        await until(pilot, lambda: "there is no action 'run.pase'; did you mean run.pause?" in said(app))
        assert "space" in said(app)
        await until(pilot, lambda: "f6 Rerun" in text_on_screen(app))
        assert "x Cancel" in text_on_screen(app)
        await pilot.press("r")
        await pilot.press("f6")
        await until(pilot, lambda: app.live is not None and len(app.live.state.trial(1).attempts) == 2)
        await pilot.press("f7")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await until(pilot, lambda: "f6  Make a new attempt" in text_on_screen(app))


async def test_the_palette_finds_every_action_and_runs_it(tmp_path: Path) -> None:
    async with running(tmp_path, Preferences()) as (app, pilot):
        named = {
            active.binding.description
            for active in app.screen.active_bindings.values()
            if active.binding.id and active.enabled and active.binding.action != "command_palette"
        }
        assert {"Rerun", "Copy run", "Theme", "Rerun all", "Open"} <= named
        await open_palette(app, pilot)
        titles = listed(app)
        assert "Rerun" in titles[0] or "Pause" in titles[0] or "Open" in titles[0]
        assert "Screenshot" in titles[-1]
        for name in sorted(named):
            await search_for(name, app, pilot)
            await until(pilot, lambda name=name: any(title.startswith(f"{name}  ") for title in listed(app)))  # type: ignore[misc]
        assert f"  {name}  " in text_on_screen(app)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await pilot.press("ctrl+p", *"Rerun")
        await until(pilot, lambda: "  Rerun  r" in text_on_screen(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.live is not None and len(app.live.state.trial(1).attempts) == 2)


@pytest.mark.parametrize(
    "tooltip",
    [
        "odd [/] end",
        *(
            pytest.param(tooltip, marks=pytest.mark.long_run)
            for tooltip in ("] shows the next; [ the one before", "[b]bold[/b] as it is")
        ),
    ],
)
async def test_the_palette_shows_tooltips_as_plain_text(tooltip: str) -> None:
    class Bracketed(BaseApp):
        BINDINGS = [Binding("f9", "bell", "Bracketed", id="x.bracketed", tooltip=tooltip)]

    app = Bracketed()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+p", *"Bracketed")
        await until(pilot, lambda: tooltip in text_on_screen(app))


async def test_the_palette_has_themes_and_both_ways_through_the_runs_by_name(tmp_path: Path) -> None:
    async with running(tmp_path, Preferences()) as (app, pilot):
        await pilot.press("ctrl+p", *"gruvbox")
        await until(pilot, lambda: "Theme: gruvbox" in text_on_screen(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.theme == "gruvbox")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrialScreen))
        await open_palette(app, pilot)
        for line in ("Next run  ] J", "Previous run  [ K"):
            await search_for(line.partition("  ")[0], app, pilot)
            await until(pilot, lambda line=line: line in text_on_screen(app))  # type: ignore[misc]


async def test_a_clipboard_tool_that_hangs_holds_nothing_up_and_takes_half_of_a_surrogate_pair(
    tmp_path: Path,
) -> None:
    let_go, took = Event(), list[str]()

    def hangs(text: str) -> None:
        took.append(text)
        let_go.wait()

    async with running(tmp_path, Preferences(clipboard=hangs)) as (app, pilot):
        await pilot.press("y")
        await until(pilot, lambda: took)
        assert app.clipboard == took[0]
        await until(pilot, lambda: "the terminal, which may not have taken it" in said(app))
        assert "Copied" not in said(app)
        let_go.set()
        await until(pilot, lambda: "Copied the code of run 1, attempt 1" in text_on_screen(app))
        app.copy("a\ud800", "it")
        await until(pilot, lambda: took[1:] == ["a\\ud800"])


async def test_a_clipboard_that_takes_nothing_is_said(tmp_path: Path) -> None:
    def breaks(text: str) -> None:
        raise NotCopied

    async with running(tmp_path, Preferences(clipboard=breaks)) as (app, pilot):
        await pilot.press("y")
        await until(pilot, lambda: "the terminal, which may not have taken it" in said(app))
        assert "Copied" not in said(app)


async def test_events_of_other_screens_are_summed_up_in_few_lines(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    gate = Gate()
    messages_server.default = sequence(gate, UNSCALED, RIGHT, RIGHT)
    options = {"model": "m", "base_url": messages_server.url, "runs": "3", "concurrency": "1"}
    async with running(tmp_path, Preferences(), options, settled=False) as (app, pilot):
        await until(pilot, gate.reached.is_set)
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrialScreen))
        await pilot.press("J", "J", "x")
        await until(pilot, lambda: "Run 3 is void" in said(app))
        gate.open()
        await until(pilot, lambda: "Evaluation 1 completed: 1 of 2 passed" in text_on_screen(app))


@pytest.mark.parametrize("wanted", [True, False])
async def test_the_bell_rings_once_when_an_evaluation_ends(
    tmp_path: Path, wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(DropoutApp, "bell", lambda app: rung.append("bell"))
    async with running(tmp_path, Preferences(bell=wanted)) as (_, pilot):
        await pilot.pause()
    assert rung == (["bell"] if wanted else [])


def test_many_voids_are_one_line() -> None:
    news = NotificationDigest()
    voids = [
        VerdictReached(at=0.0, trial=number, attempt=1, verdict=states.void(f"no {number}"))
        for number in range(1, 31)
    ]
    assert not news.take([VerdictReached(at=0.0, trial=1, attempt=1, verdict=states.failed())])
    assert news.take(voids)
    state = states.evaluation_state()
    assert news.lines(3, state) == ["30 runs are void; the last, run 30: no 30"]
    assert news.lines(3, state) == []


def test_a_problem_is_not_repeated_in_the_digest() -> None:
    news = NotificationDigest()
    assert not news.take([EvaluationEnded(at=0.0, reason="the model cannot be reached")])
    assert news.take([EvaluationEnded(at=0.0, reason="completed")])


async def test_a_screenshot_goes_into_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "[" / "x] [red]"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    app = BaseApp()
    async with app.run_test(notifications=True) as pilot:
        app.deliver_screenshot("picture.svg")
        await until(pilot, lambda: str(folder / "picture.svg") in said(app))
        await pilot.pause()
    assert (folder / "picture.svg").read_text().startswith("<svg")


async def test_why_there_is_no_screenshot_is_said(tmp_path: Path) -> None:
    app = BaseApp()
    async with app.run_test(notifications=True) as pilot:
        app.deliver_screenshot("picture.svg", str(tmp_path / "[" / "x] missing"))
        await until(pilot, lambda: "could not be saved: [Errno 2]" in said(app))
        await pilot.pause()
