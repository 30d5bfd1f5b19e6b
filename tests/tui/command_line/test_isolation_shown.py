"""Wherever answers are graded, it is said how well they were kept apart when that is not full."""

from __future__ import annotations

import errno
import json
import os
import platform
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from textual.app import App, ComposeResult

from dropout_core.verdict.isolation_levels import NOT_RUN, falls_short, weaker, words_of
from dropout_core.verdict.verdict import Outcome, Verdict
from dropout_tui.widgets.dashboard.warning_line import WarningLine
from tests.core.sandboxes import ON_LINUX
from tests.tui.command_line.test_command_line import CODE
from tests.tui.looking import text_on_screen
from tests.tui.states import evaluation_state, verdict

kernel_only = pytest.mark.skipif(
    not ON_LINUX or platform.machine() != "x86_64", reason="the numbers of system calls are those of x86_64"
)
PROJECT = Path(__file__).parents[3]
LANDLOCK = f"refuse(444, {errno.ENOSYS})"
SECCOMP = f"refuse(157, {errno.EPERM}, 0, 22)"
"""``prctl`` with the option that puts a filter in force."""
WEAK = "weak: no landlock"
ADVICE = f"isolation is {WEAK}; grade only what you trust"
PARTIAL = "isolation is partial: no seccomp"


def without(layer: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = (
        "import sys\nfrom tests.core.bereft import refuse\nfrom dropout_tui.cli import main\n"
        f"{layer}\nsys.exit(main(sys.argv[1:]))"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=PROJECT,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def answer(tmp_path: Path) -> str:
    (tmp_path / "right").mkdir()
    path = tmp_path / "right" / "answer.py"
    path.write_text(CODE)
    return str(path)


@kernel_only
def test_where_files_can_be_read_nothing_is_run_unless_asked_for(tmp_path: Path, answer: str) -> None:
    run = ("run", "--model", "sample", "--runs", "2", "--store", str(tmp_path / "store"))
    for command, status in ((("grade", answer), 4), (run, 2), ((*run, "--json"), 2), (("audit",), 2)):
        done = without(LANDLOCK, *command)
        assert done.returncode == status, command
        assert done.stderr.count("\n") == 1
        assert "untrusted code could read your files" in done.stderr
        assert "--allow-weak-sandbox" in done.stderr


@kernel_only
def test_a_run_says_it_before_the_first_result_and_in_the_summary(tmp_path: Path) -> None:
    for layer, words in ((LANDLOCK, ADVICE), (SECCOMP, PARTIAL)):
        options = ("--model", "sample", "--runs", "2", "--seed", "1", "--store", str(tmp_path / words[:20]))
        allowed = ("--allow-weak-sandbox",) if layer is LANDLOCK else ()
        done = without(layer, "run", *options, *allowed)
        assert done.stderr == f"dropout-tui: {words}\n"
        assert f"  Warning: {words}" in done.stdout.splitlines()
        done = without(layer, "run", *options, *allowed, "--json")
        *trials, summary = map(json.loads, done.stdout.splitlines())
        level = words.removeprefix("isolation is ").partition(";")[0]
        assert {trial["isolation"] for trial in trials} == {level} == {summary["isolation"]}
        assert words in summary["warning"]


@kernel_only
def test_grade_and_audit_say_it(tmp_path: Path, answer: str) -> None:
    done = without(LANDLOCK, "grade", answer, "--allow-weak-sandbox")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(f"isolation {WEAK}\n")
    many = tmp_path / "many.jsonl"
    many.write_text("".join(json.dumps({"completion": CODE}) + "\n" for _ in range(2)))
    done = without(LANDLOCK, "grade", str(many), "--allow-weak-sandbox")
    assert done.stdout.splitlines()[-1] == f"Warning: {ADVICE}"
    done = without(SECCOMP, "grade", str(many), "--json")
    assert {json.loads(line)["isolation"] for line in done.stdout.splitlines()} == {"partial: no seccomp"}
    audit = ("audit", "--suite", "basic", "--only-answers", str(tmp_path), "--seeds", "1")
    assert f"isolation {WEAK}" in without(LANDLOCK, *audit, "--allow-weak-sandbox").stdout


@kernel_only
def test_regrade_says_it(tmp_path: Path) -> None:
    store = ("--store", str(tmp_path / "store"))
    without(SECCOMP, "run", "--model", "sample", "--runs", "2", *store)
    done = without(SECCOMP, "regrade", "1", *store)
    assert done.stdout.splitlines()[-1] == f"Warning: {PARTIAL}"


class Shown(App[None]):
    def compose(self) -> ComposeResult:
        yield WarningLine()


@pytest.mark.parametrize(
    ("level", "words"),
    [
        ("full", None),
        (WEAK, ADVICE),
        ("weak", "isolation is weak; grade only what you trust"),
        (NOT_RUN, None),
    ],
)
async def test_the_dashboard_says_it(level: str, words: str | None) -> None:
    trials: list[Verdict | Outcome] = [
        Outcome.PASSED,
        replace(verdict(Outcome.FAILED), isolation=level),
        Outcome.PASSED,
    ]
    app = Shown()
    async with app.run_test(size=(100, 5)) as pilot:
        app.query_one(WarningLine).show(evaluation_state(runs=3, trials=trials))
        await pilot.pause()
        assert ("isolation" in text_on_screen(app)) == (words is not None)
        assert words is None or f"! {words}" in text_on_screen(app)


def test_the_weakest_level_is_the_one_that_is_told() -> None:
    levels = [NOT_RUN, "full", "partial: no seccomp", "weak: no landlock"]
    for place, level in enumerate(levels):
        for other in levels[place:]:
            assert weaker(level, other) == weaker(other, level) == other
    assert [falls_short(level) for level in levels] == [False, False, True, True]
    assert [words_of(level) for level in levels] == [None, None, PARTIAL, ADVICE]
