"""The command line: real HTTP, a real store, and real processes where they are the point."""

import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from dropout_core.tasks.dropout import task as dropout
from tests.messages_server import Answer, Failure, MessagesServer, tool_use
from tests.tui.program import command, dropout_tui

CODE = """\
import numpy as np

def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p == 1:
        return np.zeros_like(x)
    return x * (np.random.rand(*x.shape) >= p) / (1 - p)
"""
RIGHT = f"Here you are:\n```python\n{CODE}```\n"
UNSCALED = RIGHT.replace(" / (1 - p)", "")


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "store.sqlite3")


@pytest.fixture(scope="module")
def two_evaluations(tmp_path_factory: pytest.TempPathFactory) -> str:
    store = str(tmp_path_factory.mktemp("two") / "store.sqlite3")
    for options in (("--seed", "1"), ("--seed", "2", "--prompt", "terse")):
        done = dropout_tui("run", "--model", "sample", "--runs", "3", *options, "--store", store)
        assert done.returncode == 0, done.stderr
    return store


def test_the_promised_lines_of_ten_runs_that_are_started_without_a_terminal(store: str) -> None:
    done = dropout_tui("--start", "--model", "sample", "--seed", "1", "--store", store)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    rule = "=" * 60
    assert lines[:2] == ["Running 10 test iterations concurrently...", rule]
    results = lines[2:12]
    for line in results:
        assert re.fullmatch(r"✓ Run \d+: SUCCESS - All tests passed!|✗ Run \d+: FAILURE - .+", line)
    assert sorted(int(line.split()[2].rstrip(":")) for line in results) == list(range(1, 11))
    passed = sum(line.startswith("✓") for line in results)
    assert lines[12:17] == [
        rule,
        "Test Results:",
        f"  Passed: {passed}/10",
        f"  Failed: {10 - passed}/10",
        f"  Pass Rate: {passed * 10:.1f}%",
    ]
    assert lines[-1] == rule
    assert any("sample answers are built in" in line for line in lines[17:])


def test_the_same_seed_gives_the_same_verdicts_and_json_lines_parse(store: str) -> None:
    runs = []
    for _ in range(2):
        done = dropout_tui(
            "run", "--model", "sample", "--runs", "4", "--seed", "4", "--json", "--store", store
        )
        assert done.returncode == 0, done.stderr
        *trials, summary = map(json.loads, done.stdout.splitlines())
        assert summary["type"] == "summary"
        assert {
            "id",
            "runs",
            "passed",
            "failed",
            "void",
            "pass_rate",
            "interval",
            "band",
            "decision",
        } <= summary.keys()
        assert summary["stop_reason"] == "completed"
        for trial in trials:
            assert trial["type"] == "trial"
            assert len(trial["checks"]) in (0, 8)
        runs.append({t["trial"]: (t["outcome"], t["reason"], t["seed"], t["checks"]) for t in trials})
    assert runs[0] == runs[1]


def test_sequential_prints_in_the_order_of_the_runs(store: str) -> None:
    done = dropout_tui(
        "run", "--sequential", "--runs", "4", "--seed", "2", "--mode", "agent", "--store", store
    )
    lines = done.stdout.splitlines()
    assert lines[0] == "Running 4 test iterations sequentially..."
    assert [int(line.split()[2].rstrip(":")) for line in lines[2:6]] == [1, 2, 3, 4]


def test_lines_are_chosen_by_themselves_without_a_terminal(store: str) -> None:
    done = dropout_tui("--runs", "1", "--seed", "1", "--store", store)
    assert done.stdout.startswith("Running 1 test iteration concurrently...")


@pytest.mark.parametrize(
    "arguments",
    [(), ("--model", "m-1"), ("--until-decided",), ("--budget", "1"), ("--sequential", "--mode", "agent")],
    ids=" ".join,
)
@pytest.mark.parametrize("environment", [{}, {"DROPOUT_RUNS": "3"}], ids=["", "runs-set-elsewhere"])
def test_without_a_terminal_nothing_is_asked_of_a_model_unless_told_to(
    messages_server: MessagesServer, store: str, arguments: tuple[str, ...], environment: dict[str, str]
) -> None:
    done = dropout_tui(
        *arguments, "--base-url", messages_server.url, "--store", store,
        ANTHROPIC_API_KEY="sk-test-secret-key", **environment,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    (said,) = done.stderr.splitlines()
    assert "nothing was started" in said
    assert "type dropout-tui run, or add --start or --runs N" in said
    assert messages_server.requests == []
    assert not Path(store).exists()


def test_a_real_conversation_over_http(messages_server: MessagesServer, store: str) -> None:
    messages_server.play(Answer(RIGHT), Answer(UNSCALED), Failure(400, "too long"), Answer("I'd rather not."))
    done = dropout_tui(
        "run", "--runs", "4", "--sequential", "--model", "m-1", "--store", store,
        "--base-url", messages_server.url, ANTHROPIC_API_KEY="sk-test-secret-key",
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert lines[2] == "✓ Run 1: SUCCESS - All tests passed!"
    assert lines[3] == "✗ Run 2: FAILURE - Non-zero values are not scaled correctly"
    assert lines[4].startswith("⊘ Run 3: VOID - ")
    assert lines[5].startswith("✗ Run 4: FAILURE - No code found")
    assert "  Passed: 1/3" in lines
    assert any(line.startswith("  Void: 1") for line in lines)
    assert done.returncode == 1
    shown = dropout_tui("show", "1", "2", "--store", store).stdout
    assert "return x * (np.random.rand(*x.shape) >= p)" in shown
    assert "measured ×1.00, expected ×2.00" in shown
    for file in Path(store).parent.iterdir():
        assert b"sk-test-secret-key" not in file.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "--runs", "0"), "--runs: 0 is out of range"),
        (("run", "--runs", "-1"), "--runs: -1 is out of range"),
        (("run", "--runs", "ten"), "--runs: 'ten' is not a whole number"),
        (("run", "--band", "40-10"), "--band: '40-10' is not a band"),
        (("run", "--prompt", "no/such.md"), "cannot read the prompt"),
        (("run", "--suite", "heroic"), "choose one of: basic"),
        (("run", "--mode", "oracle"), "choose one of: answer, agent"),
        (("run", "--model", "claude-haiku-4-5"), "set ANTHROPIC_API_KEY"),
        (("run", "--base-url", "localhost"), "is not the address of a server"),
        (("run", "--what"), "--help"),
        (("frobnicate",), "--help"),
        (("--rnus", "3"), "unknown option --rnus; did you mean --runs?"),
        (("--rnus=3",), "unknown option --rnus; did you mean --runs?"),
        (("export", "1", "--fromat", "csv"), "unknown option --fromat; did you mean --format?"),
        (("run", "--modle", "m"), "unknown option --modle; did you mean --model?"),
        (("run", "--trials", "5"), "unknown option --trials; did you mean --runs?"),
        (("run", "--url", "x"), "unknown option --url; did you mean --base-url?"),
        (("show", "--trials", "5"), "unknown option --trials; see dropout-tui show --help"),
        (("run", "--zzzzzz"), "unknown option --zzzzzz; see dropout-tui run --help"),
        (("show", "1", "2", "x", "y"), "unexpected x y; see dropout-tui show --help"),
        (("history", "--runs", "5"), "unexpected --runs 5; see dropout-tui history --help"),
        (("--runs", "ten"), "--runs: 'ten' is not a whole number"),
        (("show", "99"), "there is no"),
        (("show", "x"), "ID is 'x'; give a whole number from 1 up"),
        (("show", "-1"), "ID is '-1'; give a whole number from 1 up"),
        (("show", "1", "0"), "TRIAL is '0'; give a whole number from 1 up"),
        (
            ("grade", "x.py", "--seed", "-1"),
            "--seed is '-1'; give a whole number from 0 to 9,223,372,036,854,775,807",
        ),
        (("run", "--seed", "-1"), "give a number from 0 to 9,223,372,036,854,775,807"),
        (("resume", "5"), "there is no"),
        (("history",), "there is no store"),
        (("grade", "no-such.py"), "cannot read"),
        (("grade", "/dev/zero"), "not a regular file"),
        (("run", "--store="), "the store is empty"),
    ],
)
def test_bad_input_gets_one_line_and_status_2(arguments: tuple[str, ...], words: str, store: str) -> None:
    with_store = (
        () if arguments[0] in ("frobnicate", "grade") or "--store=" in arguments else ("--store", store)
    )
    done = dropout_tui(*arguments, *with_store)
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0", "line 1 is not UTF-8 text"),
        ("a.py", b"x = 1\n\0", "line 2 holds a NUL byte"),
        ("a.jsonl", b"{broken\n[]\n", "line 1 is not JSON"),
        ("a.jsonl", b'\n{"completion": null}\n', "line 2 holds no answer"),
        ("a.jsonl", b"", "holds no completions"),
    ],
)
def test_a_file_that_is_not_text_is_not_graded(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    done = dropout_tui("grade", str(tmp_path / name))
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_invalid_setting_names_where_it_was_written(
    tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(*arguments: str, **environment: str) -> str:
        done = dropout_tui("run", *arguments, "--model", "sample", "--store", store, **environment)
        assert done.returncode == 2
        return done.stderr

    monkeypatch.chdir(tmp_path)
    (tmp_path / "dropout.toml").write_text('runs = "abc"\n')
    assert said().startswith("dropout-tui: dropout.toml: runs: 'abc' is not a whole number")
    assert said(DROPOUT_RUNS="def").startswith("dropout-tui: DROPOUT_RUNS: 'def' is not")
    assert said("--runs", "ghi", DROPOUT_RUNS="def").startswith("dropout-tui: --runs: 'ghi' is not")


def test_a_store_that_is_no_database(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    diary.write_text("dear diary " * 500)
    done = dropout_tui("run", "--runs", "1", "--store", str(diary))
    assert done.returncode == 2
    assert "is not a database" in done.stderr
    assert diary.read_text() == "dear diary " * 500


@pytest.mark.parametrize(("status", "words"), [(401, "check ANTHROPIC_API_KEY"), (404, "check --model")])
def test_a_permanent_error_is_reported_once(
    messages_server: MessagesServer, store: str, status: int, words: str
) -> None:
    messages_server.default = Failure(status, "not_found_error", "model: m-1")
    done = dropout_tui(
        "run", "--runs", "5", "--model", "m-1", "--store", store,
        "--base-url", messages_server.url, ANTHROPIC_API_KEY="sk-wrong",
    )  # fmt: skip
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "VOID" not in done.stdout


def test_an_unreachable_server(store: str) -> None:
    done = dropout_tui(
        "run", "--runs", "3", "--model", "m", "--base-url", "http://127.0.0.1:9", "--store", store
    )
    assert done.returncode == 2
    assert "cannot reach http://127.0.0.1:9" in done.stderr


def test_require_band(store: str) -> None:
    assert (
        dropout_tui("run", "--runs", "2", "--seed", "1", "--require-band", "--store", store).returncode == 3
    )


def test_an_evaluation_whose_runs_have_all_ended_has_nothing_left_to_do(store: str) -> None:
    run = dropout_tui("run", "--model", "sample", "--runs", "2", "--seed", "1", "--store", store)
    assert run.returncode == 0, run.stderr
    again = dropout_tui("resume", "1", "--store", store)
    assert again.returncode == 0
    (said,) = again.stderr.splitlines()
    assert "evaluation 1 has nothing left to do, all 2 runs have ended; nothing was run" in said
    assert "For more runs: dropout-tui resume 1 --runs 4" in said
    assert "Running" not in again.stdout
    (failed,) = [line for line in run.stdout.splitlines() if line.startswith("  Failed: ")]
    assert failed in again.stdout


def test_a_decided_evaluation_has_nothing_left_to_do_and_needs_no_server(store: str) -> None:
    options = ("--model", "sample", "--seed", "1", "--band", "90-100", "--until-decided")
    assert dropout_tui("run", *options, "--store", store).returncode == 0
    again = dropout_tui("resume", "1", "--json", "--require-band", "--store", store)
    assert again.returncode == 3
    assert "it was decided (below band) after" in again.stderr
    (summary,) = map(json.loads, again.stdout.splitlines())
    assert (summary["type"], summary["stop_reason"], summary["decision"]) == ("summary", "decided", "below")


def test_resume_goes_on_elsewhere_and_with_another_limit(messages_server: MessagesServer, store: str) -> None:
    gone = "http://127.0.0.1:9"
    dropout_tui("run", "--runs", "2", "--model", "m", "--base-url", gone, "--store", store)
    messages_server.default = Answer(UNSCALED)
    done = dropout_tui("resume", "--base-url", messages_server.url, "--concurrency", "1", "--store", store)
    assert done.returncode == 0, done.stderr
    assert "  Failed: 2/2" in done.stdout
    refused = dropout_tui("resume", "1", "--suite", "strict", "--store", store)
    assert (refused.returncode, "kept from the start" in refused.stderr) == (2, True)


@pytest.mark.parametrize("which", [("1",), ()], ids=["by-number", "the-newest"])
def test_void_runs_are_made_anew_when_told_so(
    messages_server: MessagesServer, store: str, which: tuple[str, ...]
) -> None:
    messages_server.play(Answer(RIGHT), Failure(413, "request_too_large", "too big"))
    messages_server.default = Answer(UNSCALED)
    options = ("--runs", "3", "--sequential", "--model", "m", "--base-url", messages_server.url)
    assert dropout_tui("run", *options, "--store", store).returncode == 1
    untouched = dropout_tui("resume", "1", "--store", store)
    assert "nothing was run" in untouched.stderr
    done = dropout_tui("resume", *which, "--voids", "--store", store)
    assert done.returncode == 0, done.stderr
    assert "Run 2: FAILURE" in done.stdout
    assert "Void:" not in done.stdout
    assert "  Passed: 1/3" in done.stdout


def test_the_line_that_goes_on_names_the_store(store: str) -> None:
    gone = "http://127.0.0.1:9"
    done = dropout_tui("run", "--runs", "1", "--model", "m", "--base-url", gone, "--store", store)
    assert f"dropout-tui resume 1 --store {store}" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("run", "--runs", "1", "--seed", "1"), pytest.param(("history", "--json"), marks=pytest.mark.long_run)],
)
def test_an_output_that_cannot_be_written_to_is_said_in_one_line(
    two_evaluations: str, store: str, arguments: tuple[str, ...]
) -> None:
    shutil.copy(two_evaluations, store)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command(*arguments, "--store", store), stdout=full, stderr=subprocess.PIPE, text=True,
            timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["dropout-tui: cannot write the output: No space left on device"]


@pytest.mark.parametrize("files", [pytest.param(10, marks=pytest.mark.long_run), 16])
def test_too_few_open_files_are_said_in_one_line(store: str, files: int) -> None:
    line = shlex.join(command("run", "--model", "sample", "--runs", "1", "--store", store))
    done = subprocess.run(
        ["/bin/sh", "-c", f"ulimit -n {files}; exec {line}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "open files" in done.stderr or "opens no more files" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_damaged_store_is_said_in_one_line(store: str) -> None:
    dropout_tui("run", "--runs", "3", "--seed", "1", "--store", store)
    with Path(store).open("r+b") as file:
        file.seek(5000)
        file.write(b"\xa5" * 100_000)
    for arguments in (("history",), ("show", "1"), ("resume", "1"), ("run", "--runs", "1")):
        done = dropout_tui(*arguments, "--store", store)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1


def test_history_and_show(store: str) -> None:
    dropout_tui("run", "--runs", "2", "--seed", "1", "--store", store)
    listed = dropout_tui("history", "--store", store)
    assert "sample" in listed.stdout
    assert "completed" in listed.stdout
    (entry,) = map(json.loads, dropout_tui("history", "--json", "--store", store).stdout.splitlines())
    assert (entry["id"], entry["runs"]) == (1, 2)
    lines = [
        json.loads(line) for line in dropout_tui("show", "1", "--json", "--store", store).stdout.splitlines()
    ]
    assert [line["type"] for line in lines] == ["trial", "trial", "summary"]
    (trial,) = map(json.loads, dropout_tui("show", "1", "2", "--json", "--store", store).stdout.splitlines())
    assert [turn["role"] for turn in trial["conversation"]] == ["user", "assistant"]
    assert "Run 2, attempt 1 of 1" in dropout_tui("show", "1", "2", "--store", store).stdout


def test_regrade_asks_no_model_and_finds_the_same_today(messages_server: MessagesServer, store: str) -> None:
    messages_server.play(Answer(RIGHT), Answer(UNSCALED))
    dropout_tui(
        "run", "--runs", "2", "--model", "m", "--base-url", messages_server.url, "--store", store,
    )  # fmt: skip
    asked = len(messages_server.requests)
    done = dropout_tui("regrade", "1", "--store", store)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Evaluation 1, suite basic: 2 answers graded again, 0 outcomes changed",
        "Passed: 1/2 before, 1/2 now",
    ]
    assert len(messages_server.requests) == asked


def test_regrade_says_what_changed(messages_server: MessagesServer, store: str) -> None:
    messages_server.default = Answer(UNSCALED)
    dropout_tui("run", "--runs", "1", "--model", "m", "--base-url", messages_server.url, "--store", store)
    with sqlite3.connect(store) as connection:
        # As a grader of yesterday might have judged it.
        connection.execute(
            "UPDATE events SET body = replace(replace(body, '\"failed\"', '\"passed\"'), 'Non-zero', 'Zero')"
            " WHERE kind = 'VerdictReached'"
        )
        # What is kept beside the events follows from them, and does without.
        connection.execute("DELETE FROM ended_trials")
    done = dropout_tui("regrade", "1", "--store", store)
    assert (
        "Run 1: passed -> failed: Non-zero values are not scaled correctly (scaling, other_rates)"
        in done.stdout
    )
    assert "Passed: 1/1 before, 0/1 now" in done.stdout
    summary = json.loads(dropout_tui("regrade", "1", "--json", "--store", store).stdout.splitlines()[-1])
    assert (summary["changed"], summary["passed_before"], summary["passed_after"]) == (1, 1, 0)


def test_regrade_tells_what_the_suite_judges_otherwise_than_before(
    messages_server: MessagesServer, store: str
) -> None:
    messages_server.default = Answer(RIGHT)
    dropout_tui("run", "--runs", "1", "--model", "m", "--base-url", messages_server.url, "--store", store)
    today = dropout.version
    with sqlite3.connect(store) as connection:
        connection.execute(
            f"UPDATE events SET body = replace(body, '\"suite_version\":{today}', '\"suite_version\":4')"
            " WHERE kind = 'VerdictReached'"
        )
        connection.execute("DELETE FROM ended_trials")
    shown = dropout_tui("regrade", "1", "--store", store).stdout.splitlines()
    assert shown[2] == f"Judged before by version 4 of basic; since then, up to version {today}:"
    assert "  randomness: a result must not be changed by a later call" in shown
    assert not [line for line in shown if "tracemalloc" in line]
    summary = json.loads(dropout_tui("regrade", "1", "--json", "--store", store).stdout.splitlines()[-1])
    assert (summary["suite_version"], summary["versions_before"]) == (today, [4])
    assert {change["version"] for change in summary["suite_changes"]} >= {5}


@pytest.mark.parametrize(
    ("suite", "other"), [("basic", "hard"), pytest.param("hard", "basic", marks=pytest.mark.long_run)]
)
def test_regrade_by_other_checks_names_those_that_say_something_else(
    messages_server: MessagesServer, store: str, suite: str, other: str
) -> None:
    messages_server.default = Answer(RIGHT)
    dropout_tui(
        "run", "--runs", "1", "--suite", suite, "--model", "m", "--base-url", messages_server.url, "--store", store,
    )  # fmt: skip
    (stored,) = map(json.loads, dropout_tui("show", "1", "1", "--json", "--store", store).stdout.splitlines())
    arguments = ("regrade", "1", "--suite", other, "--store", store)
    today = json.loads(dropout_tui(*arguments, "--json").stdout.splitlines()[0])
    either = {check["id"]: check["status"] for check in stored["checks"] + today["checks"]}
    failing = [name for name, status in either.items() if status == "failed"]
    both = {check["id"] for check in stored["checks"]} & {check["id"] for check in today["checks"]}
    assert failing
    assert either.keys() - both - set(failing), "no check of only one suite passes"
    assert today["changed_checks"] == failing
    shown = dropout_tui(*arguments).stdout.splitlines()
    assert shown[0].startswith(f"  Run 1: {today['before']} -> {today['after']}: ")
    assert shown[0].endswith(f"({', '.join(failing)})")


def rewrite_reply(store: str, trial: int, *blocks: dict[str, object]) -> None:
    """As if the extraction of that day had not found what is in there."""
    message = json.dumps({"role": "assistant", "content": blocks})
    with sqlite3.connect(store) as connection:
        connection.execute(
            "UPDATE messages SET message = ? WHERE trial = ? AND position = 2", (message, trial)
        )


def test_regrade_counts_what_had_no_code_and_looks_for_it_again(
    messages_server: MessagesServer, store: str
) -> None:
    messages_server.play(Answer(RIGHT), Answer("I cannot help with that."), Answer("I would not know."))
    dropout_tui(
        "run", "--runs", "3", "--sequential", "--model", "m", "--base-url", messages_server.url, "--store", store,
    )  # fmt: skip
    done = dropout_tui("regrade", "1", "--store", store)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Evaluation 1, suite basic: 1 answer graded again, 2 without code, 0 outcomes changed",
        "Passed: 1/3 before, 1/3 now",
    ]
    rewrite_reply(store, 2, {"type": "text", "text": RIGHT})
    lines = dropout_tui("regrade", "1", "--json", "--store", store).stdout.splitlines()
    *answers, summary = map(json.loads, lines)
    assert [(answer["has_code"], answer["before"], answer["after"]) for answer in answers] == [
        (True, "passed", "passed"),
        (True, "failed", "passed"),
        (False, "failed", "failed"),
    ]
    assert summary["without_code"] == 1
    assert (summary["graded"], summary["passed_before"], summary["passed_after"]) == (3, 1, 2)


def test_regrade_looks_for_code_where_an_agent_gives_its_answer(
    messages_server: MessagesServer, store: str
) -> None:
    submitted = tool_use("submit_answer", {"answer": "None."})
    messages_server.play(
        Answer(blocks=[submitted], stop_reason="tool_use"), Answer("I give up."), Answer("I give up.")
    )
    dropout_tui(
        "run", "--runs", "3", "--mode", "agent", "--sequential", "--store", store,
        "--model", "m", "--base-url", messages_server.url,
    )  # fmt: skip
    rewrite_reply(store, 1, tool_use("submit_answer", {"answer": CODE}))
    rewrite_reply(store, 2, {"type": "text", "text": RIGHT})
    # What is only tried out is no answer.
    rewrite_reply(store, 3, tool_use("python_expression", {"expression": CODE}))
    lines = dropout_tui("regrade", "1", "--json", "--store", store).stdout.splitlines()
    *answers, _ = map(json.loads, lines)
    assert [(answer["before"], answer["after"]) for answer in answers] == [
        ("failed", "passed"),
        ("failed", "passed"),
        ("failed", "failed"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "status", "words"),
    [
        ("a.py", CODE, 0, "SUCCESS"),
        ("a.txt", RIGHT, 0, "SUCCESS"),
        ("a.py", CODE.replace(" / (1 - p)", ""), 1, "Non-zero values are not scaled correctly"),
        ("a.txt", "I cannot help with that.", 1, "No code found"),
        (
            "a.jsonl",
            json.dumps({"task_id": "t/1", "completion": RIGHT}) + "\n" + json.dumps({"solution": CODE}),
            0,
            "Passed: 2/2",
        ),
        ("a.jsonl", "{]", 2, "is not JSON"),
        ("a.jsonl", '{"answer": 1}', 2, "holds no answer"),
    ],
)
def test_grade(tmp_path: Path, name: str, text: str, status: int, words: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    done = dropout_tui("grade", str(file), "--seed", "3")
    assert done.returncode == status
    assert words in done.stdout + done.stderr


def test_what_is_flagged_stands_under_the_checks(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text(f"{CODE}\nimport gc\ngc.get_referents(1) if False else None\n")
    line = len(CODE.splitlines()) + 3
    done = dropout_tui("grade", str(file), "--seed", "3")
    assert done.returncode == 0
    assert (
        f"  ⚑ line {line}: looks for objects that are not its own (gc.get_referents)"
        in done.stdout.splitlines()
    )
    (verdict,) = map(json.loads, dropout_tui("grade", str(file), "--json").stdout.splitlines())
    assert [(flag["id"], flag["line"]) for flag in verdict["flags"]] == [("gc", line)]


def test_verdicts_on_completions_say_which_they_are_of(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join([json.dumps({"task_id": "t/1", "code": "no"}), "", json.dumps({"code": CODE})]))
    lines = dropout_tui("grade", str(file), "--json").stdout.splitlines()
    found = [(one["line"], one["task_id"], one["passed"]) for one in map(json.loads, lines)]
    assert found == [(1, "t/1", False), (3, "3", True)]


def test_grade_reads_a_pipe_as_it_reads_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "answer.py"
    os.mkfifo(pipe)
    writing = Thread(target=pipe.write_text, args=(CODE,), daemon=True)
    writing.start()
    done = dropout_tui("grade", str(pipe))
    writing.join()
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "✓ SUCCESS - All tests passed!")


@pytest.mark.parametrize("suite", ["basic", "hard"])
def test_an_exception_stands_once_on_its_line(tmp_path: Path, suite: str) -> None:
    raising = CODE.replace("return np.zeros_like(x)", "raise TypeError('never: not here')")
    file = tmp_path / "answer.py"
    # NaN is below and above nothing.
    raising = raising.replace("if not training or p == 0", "if p == 0 or (not training and 0 <= p <= 1)")
    file.write_text(raising.replace("if p == 1", "if not 0 <= p < 1"))
    done = dropout_tui("grade", str(file), "--suite", suite)
    headline, *checks = done.stdout.splitlines()
    assert headline == "✗ FAILURE - Edge cases: TypeError: never: not here (line 7)"
    raised = {line.split()[1]: line for line in checks if "never: not here" in line}
    assert "edge_cases" in raised
    assert ("bad_rates" in raised) is (suite == "hard")
    for line in raised.values():
        assert line.count("never: not here") == line.count("expected") == 1, line
        assert "(line 7)" in line


def test_grade_reads_the_input_and_prints_json() -> None:
    done = dropout_tui("grade", "-", "--seed", "3", "--json", text=RIGHT)
    verdict = json.loads(done.stdout)
    assert (verdict["passed"], verdict["outcome"], verdict["seed"]) == (True, "passed", 3)
    assert [check["status"] for check in verdict["checks"]] == ["passed"] * 8


def test_options_from_file_environment_and_command_line(
    tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dropout.toml").write_text('runs = 3\nseed = 1\nsequential = true\nmodel = "sample"\n')

    def first_line(*arguments: str, **environment: str) -> str:
        done = dropout_tui("run", "--store", store, *arguments, **environment)
        return (done.stdout or done.stderr).splitlines()[0]

    assert first_line() == "Running 3 test iterations sequentially..."
    assert first_line(DROPOUT_RUNS="2") == "Running 2 test iterations sequentially..."
    assert first_line("--runs", "1", DROPOUT_RUNS="2") == "Running 1 test iteration sequentially..."
    (tmp_path / "dropout.toml").write_text("rums = 3\n")
    assert "unknown key 'rums'" in first_line()
    (tmp_path / "dropout.toml").write_text("runs = \n")
    assert "is not valid TOML" in first_line()


def test_comparing_two_evaluations(two_evaluations: str) -> None:
    done = dropout_tui("compare", "1", "2", "--store", two_evaluations)
    assert done.returncode == 0, done.stderr
    assert "A: #1 sample · explicit · basic · answer" in done.stdout
    assert re.search(
        r"\? (B is (higher|lower) by \d+ points?|A and B passed equally often), 95 % interval", done.stdout
    )
    assert "too early to say" in done.stdout
    assert "sample answers are built in" in done.stdout.lower()
    assert "  prompt: explicit -> terse" in done.stdout
    found = json.loads(dropout_tui("compare", "2", "1", "--json", "--store", two_evaluations).stdout)
    assert (found["a"]["id"], found["b"]["id"]) == (2, 1)
    assert found["difference"]["direction"] == "undecided"
    assert -1 <= found["difference"]["interval"][0] < found["difference"]["interval"][1] <= 1


def test_signs_that_the_encoding_lacks_are_written_in_plain_letters(two_evaluations: str) -> None:
    shown = ("show", "1", "--store", two_evaluations)
    in_signs, in_letters = dropout_tui(*shown), dropout_tui(*shown, encoding="ascii")
    assert {"✓", "✗"} & set(in_signs.stdout)
    assert in_letters.stdout == in_signs.stdout.translate(str.maketrans("✓✗·–", "+x--"))


@pytest.mark.parametrize("numbers", [("1", "1"), ("1", "9"), ("1", "x")])
def test_what_cannot_be_compared_is_said_in_one_line(two_evaluations: str, numbers: tuple[str, str]) -> None:
    done = dropout_tui("compare", *numbers, "--store", two_evaluations)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)


def test_exporting_to_files_and_to_the_output(two_evaluations: str, tmp_path: Path) -> None:
    shown = dropout_tui("show", "2", "--json", "--store", two_evaluations).stdout.splitlines()
    for name, begins in (
        ("json", "{"),
        ("csv", "evaluation,"),
        ("html", "<!DOCTYPE html>"),
        ("inspect", "{"),
    ):
        path = tmp_path / f"out.{name.replace('inspect', 'log.json')}"
        done = dropout_tui("export", "2", "--format", name, "-o", str(path), "--store", two_evaluations)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert path.read_text(encoding="utf-8").startswith(begins)
        output = dropout_tui("export", "2", "--format", name, "-o", "-", "--store", two_evaluations)
        assert output.stdout == path.read_text(encoding="utf-8")
    html = ("export", "2", "--format", "html", "-o", "-", "--store", two_evaluations)
    latin = dropout_tui(*html, encoding="latin-1")
    assert latin.stdout == (tmp_path / "out.html").read_text(encoding="utf-8")
    document = json.loads((tmp_path / "out.json").read_text())
    codes = [trial["attempts"][0]["code"] for trial in document["trials"]]
    assert codes == [json.loads(line)["code"] for line in shown[:-1]]
    assert document["trials"][0]["attempts"][0]["conversation"][0]["role"] == "user"


def test_an_export_replaces_a_file_only_when_told(two_evaluations: str, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("mine")
    export = ("export", "1", "--format", "csv", "-o", str(path), "--store", two_evaluations)
    done = dropout_tui(*export)
    assert (done.returncode, path.read_text()) == (2, "mine")
    assert "--force" in done.stderr
    assert dropout_tui(*export, "--force").returncode == 0
    assert path.read_text().startswith("evaluation,")


@pytest.mark.parametrize(
    "arguments",
    [
        ("9", "--format", "json", "-o", "-"),
        ("x", "--format", "json", "-o", "-"),
        ("1", "--format", "pdf", "-o", "-"),
        ("1", "--format", "json"),
        ("1", "-o", "-"),
        ("1", "--format", "json", "-o", "/nowhere/out.json"),
        ("1", "--format", "json", "-o", "/dev/null", "--force"),
        ("1", "--format", "json", "-o", "STORE", "--force"),
    ],
)
def test_what_cannot_be_exported_is_said_in_one_line(
    two_evaluations: str, arguments: tuple[str, ...]
) -> None:
    given = [two_evaluations if each == "STORE" else each for each in arguments]
    done = dropout_tui("export", *given, "--store", two_evaluations)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done.stderr
    assert dropout_tui("show", "1", "--store", two_evaluations).returncode == 0


def test_a_reader_that_goes_away_is_no_error(store: str) -> None:
    run = " ".join(command("run", "--runs", "2", "--seed", "1", "--store", store))
    done = subprocess.run(
        ["bash", "-c", f"{run} | head -1; echo status ${{PIPESTATUS[0]}}"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert "Running 2" in done.stdout


ALL_IN_ONE_PROCESS = """
import json, sys
from dropout_tui.cli import main
for arguments in json.loads(sys.argv[1]):
    try:
        main(arguments)
    except SystemExit:
        pass
    heavy = {'anthropic', 'numpy', 'openai', 'pydantic', 'textual'} & set(sys.modules)
    if heavy:
        sys.exit(f'{arguments} imported {heavy}')
"""


def test_nothing_heavy_is_imported_on_the_way_to_a_few_lines() -> None:
    none = ("--store", "none.sqlite3")
    commands = (
        ("--help",),
        ("run", "--help"),
        ("history", *none),
        ("compare", "1", "2", *none),
        ("export", "1", "--format", "html", "-o", "-", *none),
    )
    done = subprocess.run(
        [sys.executable, "-c", ALL_IN_ONE_PROCESS, json.dumps(commands)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_audit_finds_no_fault_in_the_users_answers(tmp_path: Path) -> None:
    for kind, code in (("right", CODE), ("wrong", "def dropout(x, p, training):\n    return x\n")):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "mine.py").write_text(code)
    done = dropout_tui("audit", "--suite", "basic", "--only-answers", str(tmp_path), "--seeds", "1", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    assert report["ok"]
    assert [kind["gradings"] for kind in report["kinds"]] == [1, 1]


def test_audit_finds_an_answer_in_the_wrong_place(tmp_path: Path) -> None:
    (tmp_path / "right").mkdir()
    (tmp_path / "right" / "unscaled.py").write_text(CODE.replace(" / (1 - p)", ""))
    done = dropout_tui(
        "audit", "--suite", "basic", "--only-answers", str(tmp_path), "--seeds", "2", "--seed", "5"
    )
    assert done.returncode == 1
    assert "False rejects: 2 of 2" in done.stdout
    assert "✗ not everything came out as the corpus says it must" in done.stdout


@pytest.mark.parametrize("arguments", [("--suite", "heroic"), ("--answers", "nowhere"), ("--seeds", "0")])
def test_audit_says_what_is_wrong_with_its_options(arguments: tuple[str, str]) -> None:
    done = dropout_tui("audit", *arguments)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_help_shows_the_options_that_a_command_takes() -> None:
    resume, sweep = dropout_tui("resume", "--help").stdout, dropout_tui("sweep", "--help").stdout
    assert "--band LO-HI" in resume
    for kept in ("--suite", "--model", "--seed", "--task", "(default: 10"):
        assert kept not in resume
    assert "--runs N the most trials that a cell gets (default: 400)" in " ".join(sweep.split())
    assert "--until-decided" not in sweep


def test_a_sweep_of_nothing_makes_no_run(store: str) -> None:
    done = dropout_tui("sweep", "--store", store)
    assert (done.returncode, done.stdout) == (2, "")
    assert "give at least one of --tasks, --models, --prompts, --suites, --set-grid" in done.stderr
    assert not Path(store).exists()
