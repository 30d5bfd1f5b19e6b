"""The first frame, what is imported for it, and keys that are pressed before there is more."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dropout_core.costs.purse import Purse
from dropout_core.storage.store import Store
from dropout_tui.app.dropout_app import DropoutApp
from dropout_tui.app.startup import CannotOpen, FirstFrameText, StartPoint
from dropout_tui.cli import main
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.screens.evaluations.history import HistoryScreen
from dropout_tui.screens.launch.screen import LaunchScreen
from dropout_tui.widgets.form.form_row import Field
from tests.tui.looking import text_on_screen, until

FORM = LaunchForm("sample", runs="2")


async def test_keys_pressed_while_it_opens_reach_the_first_screen_in_their_order(tmp_path: Path) -> None:
    store, may_open = Store(tmp_path / "store.sqlite3"), threading.Event()

    def opening() -> StartPoint:
        may_open.wait()
        return StartPoint(store, FORM)

    app = DropoutApp(opening, FirstFrameText("New evaluation"))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "New evaluation" in text_on_screen(app))
        await pilot.press("x", "y", "tab", "z")
        assert not app.hears_keys
        may_open.set()
        await until(pilot, lambda: app.hears_keys)
        assert isinstance(app.screen, LaunchScreen)
        await until(pilot, lambda: app.screen.query_one("#base_url", Field).value == "z")
        assert app.screen.query_one("#model", Field).value == "samplexy"
    store.close()


async def test_a_key_that_opens_another_screen_waits_too(tmp_path: Path) -> None:
    store, may_open = Store(tmp_path / "store.sqlite3"), threading.Event()

    def opening() -> StartPoint:
        may_open.wait()
        return StartPoint(store, FORM)

    app = DropoutApp(opening)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("f3")
        may_open.set()
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
    store.close()


@pytest.mark.parametrize("key", ["ctrl+q", "ctrl+c"])
async def test_the_way_out_does_not_wait(key: str) -> None:
    never, left = threading.Event(), threading.Event()

    def opening() -> StartPoint:
        left.wait()
        never.set()
        raise CannotOpen("nobody is there to read this")

    app = DropoutApp(opening)
    async with app.run_test() as pilot:
        await pilot.press(key)
        await until(pilot, lambda: not app.is_running or app._exit)
        assert not never.is_set()
        left.set()


async def test_why_it_cannot_be_opened_is_kept_for_the_command_line() -> None:
    def opening() -> StartPoint:
        raise CannotOpen("there is nothing there")

    app = DropoutApp(opening)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.refused is not None)
    assert app.refused == "there is nothing there"
    assert app.live is None


def test_what_is_wrong_with_the_options_is_said_before_the_terminal_is_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("dropout_tui.commands.dispatch._has_terminal", lambda: True)
    monkeypatch.setattr(DropoutApp, "run", lambda _: pytest.fail("the terminal was taken"))
    store = str(tmp_path / "none.sqlite3")
    for options in (
        ["--runs", "0"],
        ["--start", "--band", "x"],
        ["--theme", "none"],
        ["--budget", "x"],
        ["resume", "--store", store],
    ):
        assert main(options) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_the_budget_of_the_command_line_is_that_of_all_evaluations_and_one_of_a_file_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("dropout_tui.commands.dispatch._has_terminal", lambda: True)
    monkeypatch.chdir(tmp_path)
    opened: list[StartPoint] = []
    monkeypatch.setattr(DropoutApp, "run", lambda app: opened.append(app._opening()))
    settings = tmp_path / "config" / "dropout-tui" / "dropout.toml"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    settings.parent.mkdir(parents=True)
    settings.write_text("budget = 7\n")
    store = ["--store", str(tmp_path / "store.sqlite3"), "--model", "sample"]
    assert main(store) == 0
    assert main([*store, "--budget", "2.5", "--max-total-tokens", "900"]) == 0
    assert [each.purse for each in opened] == [None, Purse(2.5, 900)]
    assert [each.form.budget for each in opened] == ["7", "2.5"]


def test_the_first_frame_the_form_and_the_dashboard_need_none_of_what_comes_after_them() -> None:
    """In a process of its own, because here the tests have imported it all."""
    code = f"""
import os, sys
from dropout_tui import cli
from dropout_tui.commands import dispatch
from dropout_tui.app.dropout_app import DropoutApp
dispatch._has_terminal = lambda: True
def run(app):
    rest = set(sys.modules)
    heavy = {{"anthropic", "numpy", "pydantic", "markdown_it", "sqlite3", "pygments.lexers.python"}} & rest
    heavy |= {{name for name in rest if name.startswith(("dropout_tui.screens", "dropout_tui.widgets"))}}
    heavy |= {{name for name in rest if name.startswith({LATER!r})}}
    if not heavy and len(sys.argv) == 1:
        import dropout_tui.app.evaluations.host, dropout_tui.screens.launch.screen
        heavy = {OTHER_SCREENS!r} & sys.modules.keys()
    elif not heavy:
        import dropout_tui.screens.dashboard.screen
        heavy = {{"anthropic", "numpy", "openai", "pydantic"}} & sys.modules.keys()
    sys.exit(f"imported {{sorted(heavy)}}" if heavy else 0)
DropoutApp.run = run
cli.main(sys.argv[1:])
"""
    # What measures coverage imports some of it.
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    for options in ((), ("--runs", "3", "--model", "sample")):
        line = [sys.executable, "-c", code, *options]
        done = subprocess.run(line, env=unmeasured, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr


OTHER_SCREENS = {
    f"dropout_tui.screens.{name}" for name in ("dashboard", "evaluation_list", "history", "trial")
}
LATER = (
    "dropout_core.state",
    "dropout_core.running",
    "dropout_core.storage",
    "dropout_core.sandbox",
    "dropout_core.grading",
    "dropout_core.reports",
    "dropout_core.verdict",
)
