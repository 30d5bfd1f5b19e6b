"""An answer taken out of the program: copied, edited and graded again, saved."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
import sys
from pathlib import Path

import pytest
from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot
from textual.widgets import OptionList

from dropout_tui.app.dropout_app import DropoutApp
from dropout_tui.app.editing.external_editor import NoEditor, editor_command
from dropout_tui.screens.confirm import ConfirmScreen
from dropout_tui.screens.dashboard.screen import DashboardScreen
from dropout_tui.screens.save_file import SaveScreen
from dropout_tui.screens.trial.edited_answer import EditedAnswerScreen
from dropout_tui.screens.trial.screen import TrialScreen
from dropout_tui.settings.preferences import Preferences
from tests.messages_server import Answer, MessagesServer
from tests.tui.app.test_base_app import running, said
from tests.tui.app.test_dropout_app import HOSTILE, UNSCALED
from tests.tui.looking import text_on_screen, until
from tests.tui.program import dropout_tui

CODE = UNSCALED.split("```python\n")[1].split("```")[0]


@pytest.fixture
def answers(messages_server: MessagesServer) -> dict[str, str]:
    """One run, which fails."""
    messages_server.default = Answer(HOSTILE)
    return {"model": "m", "base_url": messages_server.url, "runs": "1"}


def editor_that(program: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor that does `program` to the text in `text`, on a driver that can lend its terminal."""
    script = folder / "my editor"
    script.write_text(
        f"#!{sys.executable}\nimport sys, pathlib\nfile = pathlib.Path(sys.argv[-1])\n"
        f"text = file.read_text()\n{program}\nfile.write_text(text)\n"
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("VISUAL", f"'{script}' --wait")
    monkeypatch.setattr(HeadlessDriver, "can_suspend", True)


async def open_run(app: DropoutApp, pilot: Pilot[None]) -> None:
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, TrialScreen) and "def dropout" in text_on_screen(app))


async def test_code_check_and_run_are_copied_and_the_repeat_line_repeats_the_verdict(
    tmp_path: Path, answers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, Preferences(), answers) as (app, pilot):
        await pilot.press("y")
        sent = "Sent the code of run 1, attempt 1: 8 lines, to the terminal, which may not have taken it."
        await until(pilot, lambda: sent in said(app))
        assert app.clipboard == CODE.removesuffix("\n")
        await open_run(app, pilot)
        await pilot.press("Y")
        await until(pilot, lambda: app.clipboard.startswith("Scaling: failed\n"))
        assert "measured ×1.00, expected ×2.00" in app.clipboard
        assert "save the code as run-1-attempt-1.py" in app.clipboard
        repeat = app.clipboard.rpartition("repeat: dropout-tui ")[2].split()
        assert repeat[:5] == ["grade", "run-1-attempt-1.py", "--suite", "basic", "--seed"]
        await pilot.press("C")
        await until(pilot, lambda: "as Markdown" in said(app))
        assert app.clipboard.startswith("# Run 1\n")
        assert "[/markup] [red]x" in app.clipboard

        # At eighty columns the footer has room for what can be done with the code of a run that has ended.
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: text_on_screen(app).splitlines()[-1].startswith(" esc Back"))
        footer = text_on_screen(app).splitlines()[-1]
        assert all(hint in footer for hint in ("[ ] Run", "r Rerun", "y Copy code", "e Edit code", "? Help"))
        assert "x Cancel" not in footer
    (tmp_path / "run-1-attempt-1.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    # In a thread, as an event loop runs in this one.
    done = await asyncio.to_thread(dropout_tui, *repeat)
    assert done.returncode == 1, done
    assert "not scaled" in done.stdout


async def test_an_edited_answer_is_graded_and_the_stored_run_stays(
    tmp_path: Path, answers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    editor_that("text = text.replace('>= p)', '>= p) / (1 - p)')", tmp_path, monkeypatch)
    async with running(tmp_path, Preferences(), answers) as (app, pilot):
        assert app.live is not None
        before = app.live.state
        await open_run(app, pilot)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, EditedAnswerScreen))
        await until(pilot, lambda: "Your edited answer: ✓ passed" in text_on_screen(app))
        assert app.live.state is before
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, SaveScreen))
        assert isinstance(app.screen, SaveScreen)
        app.screen.path.value = str(tmp_path / "edited.py")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrialScreen))
    assert "/ (1 - p)" in (tmp_path / "edited.py").read_text()


async def test_an_edited_answer_that_fails_says_why(
    tmp_path: Path, answers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    editor_that("text += '\\n[/oops'", tmp_path, monkeypatch)
    async with running(tmp_path, Preferences(), answers) as (app, pilot):
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: "Your edited answer: ✗ failed:" in text_on_screen(app))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, EditedAnswerScreen))


async def test_an_answer_that_is_left_as_it_was_and_an_editor_that_fails_are_a_line(
    tmp_path: Path, answers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, Preferences(), answers) as (app, pilot):
        for program, line in (
            ("", "The code is as it was."),
            ("raise SystemExit(3)", "ended with status 3"),
            ("file.unlink(); raise SystemExit", "No such file"),
        ):
            editor_that(program, tmp_path, monkeypatch)
            await pilot.press("e")
            await until(pilot, lambda line=line: line in said(app))  # type: ignore[misc]
            assert isinstance(app.screen, DashboardScreen), program
        monkeypatch.setattr(HeadlessDriver, "can_suspend", False)
        await pilot.press("e")
        await until(pilot, lambda: "there is no editor in a browser" in said(app))


def test_which_editor(tmp_path: Path) -> None:
    for name in ("vi", "code"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    path = {"PATH": str(tmp_path)}
    assert editor_command({**path, "EDITOR": "vi", "VISUAL": "code --wait"}) == ["code", "--wait"]
    assert editor_command({**path, "EDITOR": "vi"}) == ["vi"]
    assert editor_command(path) == ["vi"]
    with pytest.raises(NoEditor, match=r"\$EDITOR is emacs, which is not there"):
        editor_command({**path, "EDITOR": "emacs"})
    with pytest.raises(NoEditor, match="open quote"):
        editor_command({**path, "EDITOR": "'emacs"})
    with pytest.raises(NoEditor, match=r"set \$EDITOR"):
        editor_command({"PATH": str(tmp_path / "none")})


async def test_saving_asks_before_it_overwrites(
    tmp_path: Path, answers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "run-1-attempt-1.py"
    file.write_text("mine")
    async with running(tmp_path, Preferences(), answers) as (app, pilot):
        await pilot.press("w", "enter")
        await until(pilot, lambda: "Overwrite it?" in text_on_screen(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SaveScreen))
        assert file.read_text() == "mine"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: "Saved run-1-attempt-1.py: 8 lines." in said(app))
        assert file.read_text() == CODE


async def test_what_cannot_be_saved_says_why(
    tmp_path: Path, answers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with running(tmp_path, Preferences(), answers) as (app, pilot):
        for path, problem in (
            ("", "give the path"),
            (".", "is a folder"),
            ("none/x.py", "No such file"),
            ("x" * 300, "too long"),
        ):
            await pilot.press("w")
            await until(pilot, lambda: isinstance(app.screen, SaveScreen))
            assert isinstance(app.screen, SaveScreen)
            app.screen.path.value = path
            await pilot.press("enter")
            await until(pilot, lambda problem=problem: problem in text_on_screen(app))  # type: ignore[misc]
            await pilot.press("escape")
            await until(
                pilot, lambda: not app.screen.query(OptionList) and not isinstance(app.screen, SaveScreen)
            )


async def test_what_was_written_in_the_editor_is_kept_until_it_is_dropped(
    tmp_path: Path, answers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    editor_that("text += '# once more\\n'", tmp_path, monkeypatch)
    async with running(tmp_path, Preferences(), answers) as (app, pilot):
        await pilot.press("e")
        await until(pilot, lambda: "Grade it?" in text_on_screen(app))
        asked = app.screen
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen) and app.screen is not asked)
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, SaveScreen))
        assert isinstance(app.screen, SaveScreen)
        app.screen.path.value = str(tmp_path / "edited.py")
        await pilot.press("enter")
        await until(pilot, lambda: "Saved" in said(app))
    assert (tmp_path / "edited.py").read_text().count("# once more") == 2


async def test_a_disk_that_fills_up_costs_no_file_that_was_there(
    tmp_path: Path, answers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "run-1-attempt-1.py"
    file.write_text("mine")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async with running(tmp_path, Preferences(), answers) as (app, pilot):
        await pilot.press("w", "enter")
        await until(pilot, lambda: "Overwrite it?" in text_on_screen(app))
        with monkeypatch.context() as disk:
            disk.setattr(os, "fsync", full)
            await pilot.press("y")
            await until(pilot, lambda: "No space left" in text_on_screen(app))
        assert file.read_text() == "mine"
        assert not unfinished(tmp_path)
        await pilot.press("escape")


def unfinished(folder: Path) -> list[Path]:
    return list(folder.glob(".*.part"))
