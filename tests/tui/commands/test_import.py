"""`dropout-tui import`: replies that were made elsewhere become an evaluation."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from dropout_core.storage.store import Store
from dropout_core.values.annotation import Annotation
from dropout_core.values.seeds import derived_seed
from dropout_tui.exit_codes import EXIT_USAGE
from tests.core.completions.test_inspect_samples import SPEC, archive, sample
from tests.core.completions.test_sources import lines
from tests.tui.command_line.test_command_line import RIGHT, UNSCALED
from tests.tui.program import dropout_tui

USED = {"prompt_tokens": 10, "completion_tokens": 20}
PROMPT = "Write dropout(x, p, training)."
ROLLOUTS = (
    {"model": "m", "prompt": PROMPT, "completion": RIGHT, "usage": USED, "finish_reason": "stop"},
    {"model": "m", "prompt": PROMPT, "completion": UNSCALED, "usage": USED, "finish_reason": "stop"},
    '{"broken',
    {"model": "m", "prompt": PROMPT, "completion": "I would", "finish_reason": "length"},
    {
        "model": "m",
        "prompt": PROMPT,
        "choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}],
    },
)
NOTICE = "imported from rollouts.jsonl: made elsewhere, no request was made"


def test_rollouts_become_an_evaluation_like_any_other(tmp_path: Path) -> None:
    file, store = lines(tmp_path / "rollouts.jsonl", *ROLLOUTS), ("--store", str(tmp_path / "store.sqlite3"))
    done = dropout_tui("import", str(file), "--seed", "3", *store)

    assert done.returncode == 1, "some are void"
    assert done.stderr.splitlines() == [
        f"dropout-tui: {file}, line 3 is not JSON: Invalid control character at: line 1 column 9 (char 8)"
    ]
    assert done.stdout.splitlines()[:9] == [
        f"Importing 5 rollouts from {file}, without any request...",
        "=" * 60,
        "✓ Run 1: SUCCESS - All tests passed!",
        "✗ Run 2: FAILURE - Non-zero values are not scaled correctly",
        "⊘ Run 3: VOID - line 3 is not JSON: Invalid control character at: line 1 column 9 (char 8)",
        "✗ Run 4: FAILURE - Cut off at the token limit; no code found: the reply is prose and holds no code",
        "✗ Run 5: FAILURE - The model refused",
        "=" * 60,
        "Test Results:",
    ]
    assert "  Passed: 1/4" in done.stdout.splitlines()
    assert f"  Note: {NOTICE}" in done.stdout.splitlines()

    state = Store(Path(store[1])).state(1)
    assert (state.config.model, state.config.prompt_text, state.stop_reason) == ("m", PROMPT, "completed")
    assert (state.tally.input_tokens, state.tally.output_tokens, state.price) == (20, 40, None)
    assert state.trial(1).attempts[0].step == 0, "no request was made"
    said = Store(Path(store[1])).conversation(1, 1, 1)
    assert [(turn.role, turn.text) for turn in said] == [("user", PROMPT), ("assistant", RIGHT)]

    refused = dropout_tui("import", str(file), "--tag", "a b", *store)
    assert (refused.returncode, refused.stderr.splitlines()) == (
        EXIT_USAGE,
        ["dropout-tui: --tag: a tag is one word, without commas, that begins with no minus"],
    )
    again = dropout_tui("import", str(file), "--json", "--name", "march", "--tag", "theirs", *store)
    assert "is there already, as evaluation 1" in again.stderr
    assert Store(Path(store[1])).annotation(1) == Annotation("march", "", ("theirs",))
    summary = json.loads(again.stdout)
    assert (summary["id"], summary["note"], summary["imported"]) == (1, NOTICE, str(file))
    assert summary["settings"]["max_tokens"] is None
    for words in ("show 1", "show 1 2", "export 1 --format html -o -", "review 1", "what-if 1"):
        shown = dropout_tui(*words.split(), *store)
        assert shown.returncode == 0, shown.stderr
        assert NOTICE in shown.stdout.replace("\\", "")
    regraded = dropout_tui("regrade", "1", *store)
    assert "2 answers graded again, 2 without code, 0 outcomes changed" in regraded.stdout
    assert dropout_tui("history", *store).stdout.rstrip().endswith("completed, 1 void, imported")

    for words in ("--runs 20", "--voids"):
        refused = dropout_tui("resume", "1", *words.split(), *store)
        assert refused.returncode == EXIT_USAGE
        assert refused.stderr.startswith("dropout-tui: The replies were imported")
        assert len(refused.stderr.splitlines()) == 1
    assert dropout_tui("resume", "1", "--band", "20-60", *store).returncode == 1


def test_a_log_of_inspect_is_imported_with_its_settings(tmp_path: Path) -> None:
    file = tmp_path / "log.eval"
    file.write_bytes(archive([sample(RIGHT), sample(UNSCALED)], header={"eval": SPEC}).getvalue())
    done = dropout_tui(
        "import",
        str(file),
        "--store",
        str(tmp_path / "store"),
        "--model",
        "ours",
        "--prompt",
        "terse",
        "--json",
    )

    *trials, summary = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, [one["outcome"] for one in trials]) == (0, ["passed", "failed"])
    assert [one["input_tokens"] for one in trials] == [14, 14]
    assert (summary["model"], summary["settings"]["temperature"], summary["settings"]["prompt"]) == (
        "ours",
        0.5,
        "terse",
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("missing.jsonl",), "cannot read 'missing.jsonl': No such file or directory"),
        (("rollouts.jsonl", "--suite", "odd"), "--suite: unknown suite 'odd'"),
        (("rollouts.jsonl", "--mode", "odd"), "--mode:"),
        ((".", "--name", "n"), "--name is for one evaluation, and these are 2; --tag is for several"),
    ],
)
def test_what_cannot_be_imported_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    lines(tmp_path / "rollouts.jsonl", *ROLLOUTS)
    (tmp_path / "log.eval").touch()
    done = dropout_tui("import", *arguments, "--store", "store")

    assert (done.returncode, done.stdout) == (EXIT_USAGE, "")
    assert done.stderr.startswith(f"dropout-tui: {said}")
    assert len(done.stderr.splitlines()) == 1


READS_NO_FURTHER = """
import signal, sys
from dropout_core.completions import sources
from dropout_tui.cli import main

whole, readings = sources.rollouts_in, []

def up_to_a_point(path):
    readings.append(path)
    for number, rollout in enumerate(whole(path), 1):
        if len(readings) > 1 and number == 300:
            print("here", flush=True)
            signal.pause()
        yield rollout

sources.rollouts_in = up_to_a_point
main(sys.argv[1:])
"""


def test_an_import_that_was_killed_goes_on_and_nothing_is_there_twice(tmp_path: Path) -> None:
    prose = [{"completion": f"I would not know, {number}."} for number in range(320)]
    file = lines(tmp_path / "rollouts.jsonl", *prose, {"completion": RIGHT})
    arguments = ("import", str(file), "--seed", "3", "--store", str(tmp_path / "store.sqlite3"))
    with subprocess.Popen(
        [sys.executable, "-c", READS_NO_FURTHER, *arguments, "--json"], stdout=subprocess.PIPE
    ) as p:
        assert p.stdout is not None
        assert any(b"here" in line for line in p.stdout)
        p.send_signal(signal.SIGKILL)
    store = Store(tmp_path / "store.sqlite3")
    before = store.ended_trials(1)
    assert len(before) < 321

    done = dropout_tui(*arguments)
    assert done.returncode == 0
    assert f"going on with evaluation 1: {len(before)} of 321 are there" in done.stderr
    state = store.state(1)
    assert (state.tally.failed, state.tally.passed, state.stop_reason) == (320, 1, "completed")
    assert len(store.history()) == 1
    with closing(sqlite3.connect(store.path)) as connection:
        (verdicts,) = connection.execute(
            "SELECT count(*) FROM events WHERE kind = 'VerdictReached'"
        ).fetchone()
        (turns,) = connection.execute("SELECT count(*) FROM messages").fetchone()
    assert (verdicts, turns) == (321, 321)
    seeds = [attempt.seed for trial in state.trials for attempt in trial.attempts]
    assert seeds == [derived_seed(3, number, 1) for number in range(1, 322)]
