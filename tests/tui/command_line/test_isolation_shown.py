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
from tests.tui.program import Done
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


ALL_COMMANDS = """
import json, sys
from tests.core.bereft import refuse
from tests.tui.program import dropout_tui
{layer}
done = [dropout_tui(*words) for words in json.loads(sys.argv[1])]
print(json.dumps([(one.args, one.returncode, one.stdout, one.stderr) for one in done]))
"""


def without(layer: str, *commands: tuple[str, ...]) -> list[Done]:
    """Each of the commands in turn, all in one process that lacks the layer."""
    ran = subprocess.run(
        [sys.executable, "-c", ALL_COMMANDS.format(layer=layer), json.dumps(commands)],
        cwd=PROJECT,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return [Done(*one) for one in json.loads(ran.stdout)]


@pytest.fixture
def answer(tmp_path: Path) -> str:
    (tmp_path / "right").mkdir()
    path = tmp_path / "right" / "answer.py"
    path.write_text(CODE)
    return str(path)


@kernel_only
def test_where_files_can_be_read_nothing_is_run_unless_asked_for(tmp_path: Path, answer: str) -> None:
    run = ("run", "--model", "sample", "--runs", "2", "--store", str(tmp_path / "store"))
    (tmp_path / "many.jsonl").write_text(json.dumps({"completion": CODE}))
    store = ("--store", str(tmp_path / "of imports"))
    imported = ("import", str(tmp_path / "many.jsonl"), *store)
    commands = (("grade", answer), run, (*run, "--json"), imported, ("audit",), ("history", "--json", *store))
    *refused, history = without(LANDLOCK, *commands)
    assert (history.returncode, history.stdout) == (0, "")
    for done, status in zip(refused, (4, 2, 2, 2, 2), strict=True):
        assert done.returncode == status, done
        assert done.stderr.count("\n") == 1
        assert "untrusted code could read your files" in done.stderr
        assert "--allow-weak-sandbox" in done.stderr


@kernel_only
def test_a_run_says_it_before_the_first_result_and_in_the_summary(tmp_path: Path) -> None:
    for layer, words in ((LANDLOCK, ADVICE), (SECCOMP, PARTIAL)):
        options = ("--model", "sample", "--runs", "2", "--seed", "1", "--store", str(tmp_path / words[:20]))
        allowed = ("--allow-weak-sandbox",) if layer is LANDLOCK else ()
        run = ("run", *options, *allowed)
        in_words, in_json = without(layer, run, (*run, "--json"))
        assert in_words.stderr == f"dropout-tui: {words}\n"
        assert f"  Warning: {words}" in in_words.stdout.splitlines()
        *trials, summary = map(json.loads, in_json.stdout.splitlines())
        level = words.removeprefix("isolation is ").partition(";")[0]
        assert {trial["isolation"] for trial in trials} == {level} == {summary["isolation"]}
        assert words in summary["warning"]


@kernel_only
def test_grade_and_audit_say_it(tmp_path: Path, answer: str) -> None:
    many = tmp_path / "many.jsonl"
    many.write_text("".join(json.dumps({"completion": CODE}) + "\n" for _ in range(2)))
    audit = ("audit", "--suite", "basic", "--only-answers", str(tmp_path), "--seeds", "1")
    commands = (("grade", answer), ("grade", str(many)), audit)
    of_one, of_many, audited = without(
        LANDLOCK, *((*command, "--allow-weak-sandbox") for command in commands)
    )
    assert of_one.returncode == 0, of_one.stderr
    assert of_one.stdout.endswith(f"isolation {WEAK}\n")
    assert of_many.stdout.splitlines()[-1] == f"Warning: {ADVICE}"
    assert f"isolation {WEAK}" in audited.stdout
    (done,) = without(SECCOMP, ("grade", str(many), "--json"))
    assert {json.loads(line)["isolation"] for line in done.stdout.splitlines()} == {"partial: no seccomp"}


@kernel_only
def test_regrade_says_it(tmp_path: Path) -> None:
    store = ("--store", str(tmp_path / "store"))
    run = ("run", "--model", "sample", "--runs", "2", *store)
    _, done = without(SECCOMP, run, ("regrade", "1", *store))
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
