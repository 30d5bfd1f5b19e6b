"""What ``show`` prints of stored runs: their code by itself, and what they took."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from dropout_core.storage.kept.gradings import rules_of
from dropout_core.storage.kept.repeats import KeptRepeat
from dropout_core.storage.store import Store
from dropout_core.verdict.verdict import Outcome
from tests.messages_server import Answer, Failure, MessagesServer
from tests.tui.command_line.test_command_line import CODE, RIGHT, UNSCALED, store
from tests.tui.program import command, dropout_tui
from tests.tui.stored import stored

__all__ = ["store"]

STEERING = "def dropout(x, p, training):\n    return x  # \x1b]0;title\x07 \x1b[2J é\n"


@pytest.fixture
def three_runs(messages_server: MessagesServer, store: str) -> str:
    """The store with evaluation 1: a right answer, one without code, one that the API refused."""
    messages_server.play(
        Answer(RIGHT), Answer("I would rather not."), Failure(413, "request_too_large", "too big")
    )
    dropout_tui(
        "run", "--runs", "3", "--sequential", "--model", "m", "--base-url", messages_server.url, "--store", store,
    )  # fmt: skip
    return store


def test_the_code_alone_can_be_graded_as_it_comes(three_runs: str, tmp_path: Path) -> None:
    shown = dropout_tui("show", "1", "1", "--code", "--store", three_runs)
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, CODE, "")
    (tmp_path / "answer.py").write_text(shown.stdout)
    assert dropout_tui("grade", str(tmp_path / "answer.py"), "--seed", "7").returncode == 0


def test_the_exact_interval_is_shown_on_request(three_runs: str) -> None:
    # SciPy's binomtest(1, 2).proportion_ci(method="exact") has the same.
    exact = "  Exact 95% Interval (Clopper and Pearson): 1.3-98.7%\n"
    assert exact in dropout_tui("show", "1", "--exact", "--store", three_runs).stdout
    assert exact not in dropout_tui("show", "1", "--store", three_runs).stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("1", "2", "--code"), "run 2 of evaluation 1 has no code; see: dropout-tui show 1 2 --store"),
        (("1", "3", "--code"), "run 3 of evaluation 1 has no code; see: dropout-tui show 1 3 --store"),
        (("1", "9", "--code"), "see: dropout-tui show 1 --store"),
        (("7", "1", "--code"), "see: dropout-tui history --store"),
        (("1", "--code"), "--code needs the number of a run: dropout-tui show 1 RUN --code"),
        (("1", "1", "--code", "--json"), "not allowed with"),
        (("1", "1", "--exact"), "--exact is of a whole evaluation: dropout-tui show 1 --exact"),
    ],
)
def test_where_there_is_no_code_one_line_says_what_to_do(
    three_runs: str, arguments: tuple[str, ...], words: str
) -> None:
    shown = dropout_tui("show", *arguments, "--store", three_runs)
    assert (shown.returncode, shown.stdout) == (2, "")
    (said,) = shown.stderr.splitlines()
    assert words in said


def test_of_several_attempts_the_code_is_that_of_the_one_that_counts(
    messages_server: MessagesServer,
    store: str,
) -> None:
    messages_server.play(Failure(413, "request_too_large", "too big"), Answer(UNSCALED))
    options = ("--runs", "1", "--model", "m", "--base-url", messages_server.url, "--store", store)
    dropout_tui("run", *options)
    dropout_tui("resume", "1", "--voids", "--store", store)
    shown = dropout_tui("show", "1", "1", "--code", "--store", store).stdout
    assert shown == CODE.replace(" / (1 - p)", "")


def test_code_that_steers_a_terminal_is_shown_there_and_kept_in_a_file(
    messages_server: MessagesServer,
    store: str,
) -> None:
    messages_server.play(Answer(f"```python\n{STEERING}```"))
    dropout_tui("run", "--runs", "1", "--model", "m", "--base-url", messages_server.url, "--store", store)
    show = ("show", "1", "1", "--code", "--store", store)
    assert dropout_tui(*show).stdout == STEERING
    reader, writer = pty.openpty()
    process = subprocess.Popen(
        command(*show), stdout=writer, stdin=subprocess.DEVNULL, env={**os.environ, "TERM": "xterm"}
    )
    os.close(writer)
    seen = b""
    while b"\n" not in seen.partition(b"return")[2]:
        seen += os.read(reader, 65536)
    assert process.wait(60) == 0
    os.close(reader)
    assert b"\x1b" not in seen
    assert b"title" in seen


def test_what_runs_took_stands_in_the_last_block_and_beside_each_stored_run(three_runs: str) -> None:
    lines = dropout_tui("show", "1", "--store", three_runs).stdout.splitlines()
    assert re.fullmatch(r"✓ Run 1: SUCCESS - All tests passed! \([\d,]+ tokens, \d+\.\ds\)", lines[4])
    block = lines[lines.index("Test Results:") :]
    (tokens,) = [line for line in block if line.startswith("  Tokens: ")]
    (time,) = [line for line in block if line.startswith("  Time: ")]
    assert re.match(r"  Tokens: (≈ )?[\d,]+ in, [\d,]+ out; a run [\d,]+", tokens)
    assert re.match(r"  Time: \d+\.\ds; a run \d+\.\ds", time)


def test_of_a_run_it_tells_what_other_seeds_said(store: str) -> None:
    with closing(Store(Path(store))) as kept:
        number = stored(kept, [Outcome.PASSED, Outcome.PASSED])
        (attempt,) = kept.state(number).trial(1).attempts
        assert attempt.verdict is not None
        rules = rules_of(attempt.verdict.suite_version, None)
        said = enumerate(("passed", "passed", "failed rate"))
        kept.keep_repeats(number, [KeptRepeat(1, 1, "basic", rules, *one) for one in said])
    first, second = (dropout_tui("show", "1", run, "--store", store).stdout for run in ("1", "2"))
    assert "\nWith other seeds: 2 of 3 the same: 1 × failed rate\n" in first
    assert "With other seeds" not in second
