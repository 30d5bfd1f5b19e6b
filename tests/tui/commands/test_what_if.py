"""The command that says what the rate would be by other checks."""

from __future__ import annotations

import json
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from dropout_core.tasks.dropout import task as dropout
from dropout_tui.commands.what_if import _Progress
from tests.tui.program import Done, dropout_tui

SUITE_IDS = {name: tuple(one.id for one in dropout.suite(name)) for name in dropout.suite_names}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Evaluation 1: three sample answers, judged by `basic`. One fails by nothing but what only `hard` has."""
    path = str(tmp_path_factory.mktemp("stored") / "store.sqlite3")
    done = dropout_tui("run", "--model", "sample", "--runs", "3", "--seed", "5", "--store", path)
    assert done.returncode == 0
    return path


def rows_of(done: Done) -> dict[str, dict[str, Any]]:
    assert (done.returncode, done.stderr) == (0, "")
    return {row["change"]: row for row in map(json.loads, done.stdout.splitlines())}


def gradings_in(store: str) -> int:
    with sqlite3.connect(store) as connection:
        (count,) = connection.execute("SELECT count(*) FROM gradings").fetchone()
    return int(count)


def test_every_line_is_a_change_and_agrees_with_regrading_by_its_suite(store: str) -> None:
    rows = rows_of(dropout_tui("what-if", "1", "--store", store, "--json"))
    assert set(rows) == {
        "none",
        *(f"-{id_}" for id_ in SUITE_IDS["basic"] if id_ != "runs"),
        *(f"+{id_}" for id_ in SUITE_IDS["hard"] if id_ not in SUITE_IDS["basic"]),
        "suite strict",
        "suite hard",
    }
    first = rows["none"]
    assert list(first)[:5] == ["type", "change", "suite", "passed", "graded"]
    assert {"pass_rate", "interval", "asked"} <= set(first)
    assert (first["type"], first["graded"], first["asked"]) == ("what_if", 3, True)
    summary = json.loads(dropout_tui("show", "1", "--json", "--store", store).stdout.splitlines()[-1])
    assert (first["passed"], first["interval"]) == (summary["passed"], summary["interval"])
    assert rows["suite hard"]["asked"] is False
    for name in ("-edge_cases", "+dtype"):
        again = dropout_tui("regrade", "1", "--suite", rows[name]["suite"], "--json", "--store", store)
        assert json.loads(again.stdout.splitlines()[-1])["passed_after"] == rows[name]["passed"], name
        assert rows[name]["asked"] is (name == "-edge_cases")


def test_a_second_call_grades_nothing(store: str) -> None:
    first = dropout_tui("what-if", "1", "--store", store)
    kept = gradings_in(store)
    second = dropout_tui("what-if", "1", "--store", store)
    assert second.stdout == first.stdout
    assert gradings_in(store) == kept > 0


def test_the_table_for_people_is_aligned_and_marks_what_was_never_asked(store: str) -> None:
    done = dropout_tui("what-if", "1", "--store", store)
    lines = done.stdout.splitlines()
    head = lines[1]
    (dtype,) = [line for line in lines if line.startswith("with dtype")]
    (shape,) = [line for line in lines if line.startswith("without shape")]
    at = head.index("Band")
    assert dtype[at - 2 : at] == shape[at - 2 : at] == "  "
    assert dtype.endswith("  never asked")
    assert "never asked" not in shape
    assert "Never asked: input_untouched, dtype" in done.stdout
    (without,) = {line.index("/3") for line in (dtype, shape)}
    assert without < at


def test_what_lies_in_the_band_is_marked_by_more_than_colour(store: str) -> None:
    rows = rows_of(dropout_tui("what-if", "1", "--store", store, "--json"))
    table = dropout_tui("what-if", "1", "--store", store).stdout
    for row in rows.values():
        name = row["change"]
        shown = {"none": "as it is"}.get(name, name.replace("-", "without ").replace("+", "with "))
        (line,) = [line for line in table.splitlines() if line.split("  ")[0] == shown]
        in_band = 0.1 <= row["pass_rate"] <= 0.4 and row["decision"] in ("in", "undecided")
        assert ("◂" in line) is in_band, line


@pytest.mark.parametrize(
    ("number", "words"),
    [("9", "there is no evaluation 9"), ("x", "ID is 'x'; give a whole number from 1 up")],
)
def test_what_cannot_be_asked_is_one_line(store: str, number: str, words: str) -> None:
    for command in ("what-if", "review"):
        done = dropout_tui(command, number, "--store", store)
        assert (done.returncode, done.stdout) == (2, "")
        (line,) = done.stderr.splitlines()
        assert words in line


def test_without_a_store_it_says_so(tmp_path: Path) -> None:
    for command in ("what-if", "review"):
        done = dropout_tui(command, "1", "--store", str(tmp_path / "none.sqlite3"))
        assert done.returncode == 2
        assert "there is no store" in done.stderr


def test_an_interruption_keeps_what_is_graded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "store.sqlite3")
    assert (
        dropout_tui("run", "--model", "sample", "--runs", "6", "--seed", "5", "--store", path).returncode == 0
    )
    # A shell that starts the tests in the background has them ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with monkeypatch.context() as pressed:
        pressed.setattr(_Progress, "graded", lambda _: signal.raise_signal(signal.SIGINT))
        done = dropout_tui("what-if", "1", "--store", path)
    signal.signal(signal.SIGINT, before)
    assert (done.returncode, done.stdout) == (130, "")
    assert "left to grade; go on with: dropout-tui what-if 1 --store" in done.stderr
    kept = gradings_in(path)
    assert kept >= 1
    assert dropout_tui("what-if", "1", "--store", path).returncode == 0
    assert gradings_in(path) > kept


def test_regrade_says_what_the_prompt_never_asked_for(store: str) -> None:
    done = dropout_tui("regrade", "1", "--suite", "hard", "--store", store)
    assert "[never asked: generator" in done.stdout
    assert "The prompt never asked for input_untouched, dtype, numpy_only" in done.stdout
    as_json = dropout_tui("regrade", "1", "--suite", "hard", "--json", "--store", store)
    *results, summary = map(json.loads, as_json.stdout.splitlines())
    never = [id_ for id_ in SUITE_IDS["hard"] if id_ not in SUITE_IDS["basic"]]
    assert summary["unasked"] == never
    in_table = rows_of(dropout_tui("what-if", "1", "--store", store, "--json"))["suite hard"]
    assert summary["passed_after"] == in_table["passed"]
    only = [
        result
        for result in results
        if result["failed_unasked"]
        and {check["id"] for check in result["checks"] if check["status"] == "failed"}
        == set(result["failed_unasked"])
    ]
    assert summary["failed_only_unasked"] == len(only) > 0
    assert f"; {len(only)} run" in done.stdout


def test_regrade_by_what_was_asked_says_nothing_of_it(store: str) -> None:
    done = dropout_tui("regrade", "1", "--store", store)
    assert "never asked" not in done.stdout


def test_what_a_prompt_of_ones_own_never_asks_for_is_said_everywhere(tmp_path: Path) -> None:
    path, prompt = str(tmp_path / "store.sqlite3"), tmp_path / "prompt.txt"
    prompt.write_text(
        "Write dropout(x, p, training). Keep the shape. Zero with probability p, scale the rest."
    )
    never = ["randomness", "eval_mode", "other_rates", "edge_cases"]
    asked = ("--model", "sample", "--runs", "3", "--seed", "2", "--prompt", str(prompt), "--store", path)
    ran = dropout_tui("run", *asked, "--json")
    summary = json.loads(ran.stdout.splitlines()[-1])
    assert summary["unasked"] == never
    said = f"the prompt never asks for {', '.join(never)}"
    assert said in summary["warning"]
    assert said in dropout_tui("show", "1", "--store", path).stdout
    rows = rows_of(dropout_tui("what-if", "1", "--json", "--store", path))
    assert (rows["none"]["asked"], rows["none"]["unasked"]) == (False, never)
    only = rows[",".join(f"-{id_}" for id_ in never)]
    assert (only["asked"], only["passed"] >= rows["none"]["passed"]) == (True, True)
    assert "only what was asked" in dropout_tui("what-if", "1", "--store", path).stdout
    again = dropout_tui("regrade", "1", "--store", path)
    assert f"The prompt never asked for {', '.join(never)}; " in again.stdout
