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
from tests.kept_zygotes import KeptZygotes
from tests.tui.program import dropout_tui
{layer}
kept = KeptZygotes()
with kept.in_use():
    done = [dropout_tui(*words) for words in json.loads(sys.argv[1])]
kept.end()
print(json.dumps([(one.args, one.returncode, one.stdout, one.stderr) for one in done]))
"""


def without(layer: str, *commands: tuple[str, ...]) -> list[Done]:
    """Each of the commands in turn, all in one process that lacks the layer, with the same warm processes."""
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


def answers_in(folder: Path) -> tuple[str, str]:
    """A file with one right answer, and one with two."""
    one, many = folder / "right" / "answer.py", folder / "many.jsonl"
    one.parent.mkdir()
    one.write_text(CODE)
    many.write_text("".join(json.dumps({"completion": CODE}) + "\n" for _ in range(2)))
    return str(one), str(many)


def run_of_two(store: Path) -> tuple[str, ...]:
    return ("run", "--model", "sample", "--runs", "2", "--seed", "1", "--store", str(store))


def check_said_of_a_run(words: str, in_words: Done, in_json: Done) -> None:
    """Before the first result and in the summary."""
    assert in_words.stderr == f"dropout-tui: {words}\n"
    assert f"  Warning: {words}" in in_words.stdout.splitlines()
    *trials, summary = map(json.loads, in_json.stdout.splitlines())
    level = words.removeprefix("isolation is ").partition(";")[0]
    assert {trial["isolation"] for trial in trials} == {level} == {summary["isolation"]}
    assert words in summary["warning"]


@kernel_only
def test_where_files_can_be_read_nothing_is_run_unless_asked_for_and_every_command_says_how_weak_it_is(
    tmp_path: Path,
) -> None:
    answer, many = answers_in(tmp_path)
    of_imports = ("--store", str(tmp_path / "of imports"))
    run = run_of_two(tmp_path / "store")
    audit = ("audit", "--suite", "basic", "--only-answers", str(tmp_path), "--seeds", "1")
    unasked = (("grade", answer), run, (*run, "--json"), ("import", many, *of_imports), ("audit",))
    allowed = (("grade", answer), ("grade", many), audit, run, (*run, "--json"))
    done = without(
        LANDLOCK,
        *unasked,
        ("history", "--json", *of_imports),
        ("history", "--json", "--store", str(tmp_path / "store")),
        *((*command, "--allow-weak-sandbox") for command in allowed),
    )
    for refused, status in zip(done[:5], (4, 2, 2, 2, 2), strict=True):
        assert refused.returncode == status, refused
        assert refused.stderr.count("\n") == 1
        assert "untrusted code could read your files" in refused.stderr
        assert "--allow-weak-sandbox" in refused.stderr
    *histories, of_one, of_many, audited, in_words, in_json = done[5:]
    assert [(each.returncode, each.stdout) for each in histories] == [(0, ""), (0, "")]
    assert of_one.returncode == 0, of_one.stderr
    assert of_one.stdout.endswith(f"isolation {WEAK}\n")
    assert of_many.stdout.splitlines()[-1] == f"Warning: {ADVICE}"
    assert f"isolation {WEAK}" in audited.stdout
    check_said_of_a_run(ADVICE, in_words, in_json)


@kernel_only
def test_where_only_system_calls_are_not_filtered_all_is_run_and_every_command_says_so(
    tmp_path: Path,
) -> None:
    _, many = answers_in(tmp_path)
    store = tmp_path / "store"
    run = run_of_two(store)
    in_words, in_json, graded, regraded = without(
        SECCOMP,
        run,
        (*run, "--json"),
        ("grade", many, "--json"),
        ("regrade", "1", "--store", str(store)),
    )
    check_said_of_a_run(PARTIAL, in_words, in_json)
    assert {json.loads(line)["isolation"] for line in graded.stdout.splitlines()} == {"partial: no seccomp"}
    assert regraded.stdout.splitlines()[-1] == f"Warning: {PARTIAL}"


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
