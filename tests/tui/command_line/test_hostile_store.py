"""A damaged or hostile store, and the program as a whole: every command, and the history on a screen."""

from __future__ import annotations

import json
import os
import pty
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dropout_core.storage.store import Store
from dropout_core.verdict.verdict import Outcome
from dropout_tui.screens.confirm import ConfirmScreen
from dropout_tui.screens.evaluations.history import HistoryScreen
from dropout_tui.screens.evaluations.reopened import ReopenedScreen
from tests.tui.looking import text_on_screen, until
from tests.tui.program import Done, dropout_tui
from tests.tui.screens.evaluations.test_history import offered, showing
from tests.tui.states import failed
from tests.tui.stored import stored

ESCAPES = "\x1b[2J\x1b]0;title\x07 \u202e red"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store of three evaluations; the third holds text of a stranger."""
    path = tmp_path / "store.sqlite3"
    store = Store(path)
    for _ in range(2):
        stored(store, [Outcome.PASSED, failed("scaling"), Outcome.PASSED], model="sample")
    stored(store, [failed("scaling", reason=ESCAPES)], model=ESCAPES, prompt=f"=1+1;{ESCAPES}")
    store.close()
    return path


def spoil(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


def program(path: Path, *arguments: str) -> Done:
    done = dropout_tui(*arguments, "--store", str(path))
    assert "Traceback" not in done.stderr
    return done


COMMANDS = (
    ("show", "2"),
    ("show", "2", "1"),
    ("compare", "1", "2"),
    ("export", "2", "--format", "json", "-o", "-"),
    ("regrade", "2"),
    ("what-if", "2"),
    ("review", "2"),
    ("resume", "2"),
)


def test_an_evaluation_that_cannot_be_read_is_one_line_in_every_command(path: Path) -> None:
    spoil(
        path,
        "UPDATE evaluations SET config = 'rubbish' WHERE id = 2",
        "UPDATE events SET body = '{' WHERE evaluation = 2 AND kind = 'EvaluationStarted'",
    )
    listed = program(path, "history")
    assert (listed.returncode, listed.stderr) == (0, "")
    _, third, second, first = listed.stdout.splitlines()
    assert second == "evaluation 2: cannot be read: its settings: it is not JSON"
    assert ("2/3" in first, "0/1" in third) == (True, True)
    objects = [json.loads(line) for line in program(path, "history", "--json").stdout.splitlines()]
    assert [(one["type"], one["id"]) for one in objects] == [
        ("evaluation", 3),
        ("unreadable", 2),
        ("evaluation", 1),
    ]
    for arguments in COMMANDS:
        done = program(path, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        (line,) = done.stderr.splitlines()
        assert line.startswith("dropout-tui: evaluation 2: cannot be read: event ")


def test_a_run_that_cannot_be_read_is_said_and_the_others_are_shown(path: Path) -> None:
    spoil(
        path,
        "DELETE FROM ended_trials WHERE evaluation = 2 AND trial = 1",
        "UPDATE events SET body = zeroblob(9) WHERE evaluation = 2 AND trial = 1 AND kind = 'VerdictReached'",
    )
    for arguments in COMMANDS:
        done = program(path, *arguments)
        refused = arguments[0] == "resume"
        assert (done.returncode, bool(done.stdout)) == (2 if refused else 0, not refused), arguments
        (line,) = done.stderr.splitlines()
        assert line.startswith("dropout-tui: evaluation 2: cannot be read: run 1: event ")
    shown = program(path, "show", "2").stdout
    assert "⊘ Run 1: VOID - cannot be read: event" in shown
    assert "  Passed: 1/2" in shown
    assert program(path, "show", "1").stderr == ""


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END", "it holds a trigger"),
        ("CREATE VIEW v AS SELECT 1", "it holds a view"),
        ("PRAGMA user_version = 99", "newer dropout-tui"),
    ],
)
def test_a_store_of_another_shape_is_one_line_in_every_command(
    path: Path, statement: str, words: str
) -> None:
    spoil(path, statement)
    for arguments in (("history",), ("run", "--runs", "1"), *COMMANDS):
        done = program(path, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        (line,) = done.stderr.splitlines()
        assert words in line


def test_what_a_newer_version_wrote_asks_to_upgrade(path: Path) -> None:
    spoil(path, "UPDATE evaluations SET format = 1000 WHERE id = 2")
    assert "upgrade" in program(path, "history").stdout.splitlines()[2]
    for arguments in COMMANDS:
        done = program(path, *arguments)
        assert done.returncode == 2
        assert done.stderr.rstrip().endswith("was written by a newer dropout-tui; upgrade")


# ---- exports to a terminal -------------------------------------------------------------------------------------------


def seen_on_a_terminal(path: Path, *arguments: str) -> str:
    """What the program writes to a real terminal, with the ends of lines as it wrote them."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "dropout_tui", *arguments, "--store", str(path)],
        stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    ) as process:  # fmt: skip
        os.close(theirs)
        pieces = list(_pieces(ours))
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(100) == 0
    os.close(ours)
    return b"".join(pieces).decode().replace("\r\n", "\n")


def _pieces(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:  # how Linux says that the other end has been closed
            return
        if not piece:
            return
        yield piece


@pytest.mark.parametrize("form", ["csv", "json", "html", pytest.param("inspect", marks=pytest.mark.long_run)])
def test_an_export_does_nothing_to_a_terminal(path: Path, form: str) -> None:
    export = ("export", "3", "--format", form, "-o", "-")
    seen, written = seen_on_a_terminal(path, *export), program(path, *export).stdout
    assert not [sign for sign in seen if ord(sign) < 32 and sign not in "\n\t"]
    assert "\u202e" not in seen
    assert len(seen) >= len(written.replace("\r", "")) / 2
    if form == "csv":
        assert ESCAPES in written
        assert "'=1+1;␛[2J␛]0;title␇ ‹U+202E› red" in seen


# ---- on the screen ---------------------------------------------------------------------------------------------------


async def test_the_history_lists_what_cannot_be_read_and_deletes_it(path: Path) -> None:
    spoil(
        path,
        "UPDATE evaluations SET config = '[]' WHERE id = 2",
        "UPDATE events SET kind = 'Later' WHERE evaluation = 2",
    )
    with closing(Store(path)) as store:
        async with showing(store, undo_seconds=0.01) as (app, pilot):
            assert app.listed == [3, 2, 1]
            (line,) = [line for line in text_on_screen(app).splitlines() if "✗ cannot be read" in line]
            assert "its settings: it is not an object" in line
            await pilot.press("j", "space")
            assert app.history.table.marked == ()
            # In the list, and below it.
            assert text_on_screen(app).count("its settings: it is not an object") == 2
            await pilot.press("enter")
            await until(pilot, lambda: "evaluation 2: cannot be read: an event 'Later' was" in app.toasts)
            await pilot.press("slash", *"read")
            await until(pilot, lambda: app.listed == [2])
            await pilot.press("enter", "d")
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
            assert "Delete evaluation 2, which cannot be read?" in text_on_screen(app)
            await pilot.press("y")
            await until(pilot, lambda: store.listing().unreadable == ())
            await pilot.press("escape")
            await until(pilot, lambda: app.listed == [3, 1])
            assert "Undo" not in offered(app)


async def test_an_evaluation_that_is_read_in_part_is_opened_and_says_so(path: Path) -> None:
    spoil(
        path,
        "DELETE FROM ended_trials WHERE evaluation = 2",
        "UPDATE events SET body = '{}' WHERE evaluation = 2 AND trial = 1 AND kind = 'VerdictReached'",
    )
    with closing(Store(path)) as store:
        async with showing(store) as (app, pilot):
            await pilot.press("j", "enter")
            await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
            assert "evaluation 2: cannot be read: run 1: event" in app.toasts
            assert "cannot be read" in text_on_screen(app)
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
