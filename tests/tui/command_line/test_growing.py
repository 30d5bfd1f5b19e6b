"""``resume`` of an evaluation that has ended: more runs, another band, a larger budget."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dropout_core.storage.store import Store
from dropout_core.verdict.verdict import Outcome
from tests.tui.program import command, dropout_tui
from tests.tui.stored import stored


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "store.sqlite3")


def told(*arguments: str) -> list[dict[str, Any]]:
    done = dropout_tui(*arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def results(lines: list[dict[str, Any]]) -> dict[int, tuple[str, int, str]]:
    """What each run came to, with its seed and code."""
    return {
        line["trial"]: (line["outcome"], line["seed"], line["code"])
        for line in lines
        if line["type"] == "trial"
    }


def test_it_grows_as_if_it_had_been_begun_with_that_many(path: str, tmp_path: Path) -> None:
    few = told("run", "--runs", "2", "--seed", "3", "--json", "--store", path)
    more = told("resume", "1", "--runs", "5", "--json", "--store", path)
    whole = told("run", "--runs", "5", "--seed", "3", "--json", "--store", str(tmp_path / "other.sqlite3"))
    assert sorted(results(more)) == [3, 4, 5]
    assert {**results(few), **results(more)} == results(whole)
    told_in_all = ("runs", "passed", "failed", "void", "interval", "decision", "stop_reason")
    assert [more[-1][name] for name in told_in_all] == [whole[-1][name] for name in told_in_all]
    assert told("history", "--json", "--store", path)[0]["runs"] == 5
    assert "/5" in dropout_tui("show", "1", "--store", path).stdout
    exported = dropout_tui("export", "1", "--format", "json", "-o", "-", "--store", path)
    assert json.loads(exported.stdout)["config"]["runs"] == 5
    assert len(json.loads(exported.stdout)["trials"]) == 5


def test_the_lines_begin_with_the_new_number(path: str) -> None:
    store = Store(Path(path))
    stored(store, [Outcome.PASSED] * 2, model="sample", suite="basic", seed=1)
    store.close()
    done = dropout_tui("resume", "1", "--runs", "3", "--store", path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Running 3 test iterations concurrently...\n")


def test_another_band_is_told_with_how_many_runs_had_been_seen(path: str) -> None:
    store = Store(Path(path))
    stored(store, [Outcome.PASSED] * 12, model="sample", suite="basic", seed=1)
    store.close()
    before = dropout_tui("show", "1", "--store", path).stdout
    assert "Band 10-40%: above" in before
    done = dropout_tui("resume", "1", "--band", "50-100", "--tolerance", "5", "--store", path)
    assert done.returncode == 0, done.stderr
    assert "Band 50-100% (tolerance 5 points; chosen after 12 runs): in\n" in done.stdout
    summary = told("show", "1", "--json", "--store", path)[-1]
    assert (summary["band"], summary["tolerance"], summary["band_chosen_after"]) == ([0.5, 1.0], 0.05, 12)
    assert "  completed, band chosen after 12 runs\n" in dropout_tui("history", "--store", path).stdout
    assert told("history", "--json", "--store", path)[0]["band_chosen_after"] == 12
    back = dropout_tui("resume", "1", "--band", "10-40", "--tolerance", "0", "--store", path)
    assert "Band 10-40%: above" in back.stdout
    assert dropout_tui("show", "1", "--store", path).stdout == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--runs", "11"), "it has 12 runs already, and none is taken away; give --runs 12 or more"),
        (("--runs", "12"), "all 12 runs have ended; give --runs with more than 12"),
        (("--budget", "5"), "all 12 runs have ended; give --runs with more than 12"),
        (("--until-decided",), "the rate is decided: above, for the band 10-40%"),
        (
            ("--runs", "20", "--max-total-tokens", "1"),
            "The budget of 1 tokens does not allow another attempt.",
        ),
        (("--band", "40-10"), "--band: "),
        (("--band", "10-20", "--tolerance", "8"), "--tolerance: a tolerance of 8 points leaves nothing"),
    ],
)
def test_what_would_have_no_effect_is_refused_in_one_line(
    path: str, arguments: tuple[str, ...], said: str
) -> None:
    store = Store(Path(path))
    stored(store, [Outcome.PASSED] * 12, model="sample", suite="basic", seed=1)
    before = store.state(1)
    done = dropout_tui("resume", "1", *arguments, "--store", path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"dropout-tui: {said}")
    assert store.state(1) == before
    store.close()


def test_one_that_is_finished_says_how_it_grows(path: str) -> None:
    store = Store(Path(path))
    stored(store, [Outcome.PASSED] * 2, model="sample", suite="basic", seed=1)
    store.close()
    done = dropout_tui("resume", "1", "--store", path)
    assert f"For more runs: dropout-tui resume 1 --runs 4 --store {path}" in done.stderr


def test_killed_while_it_grows_it_goes_on_with_the_same_line(path: str) -> None:
    store = Store(Path(path))
    stored(store, [Outcome.PASSED] * 2, model="sample", suite="basic", seed=1)
    line = ("resume", "1", "--runs", "40", "--sequential", "--json", "--store", path)
    with subprocess.Popen(command(*line), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["trial"] == 3
        process.send_signal(signal.SIGKILL)
    state = store.state(1)
    assert (state.config.runs, len(state.trials)) == (40, 40)
    assert 3 <= state.tally.graded < 40
    assert store.history()[0].config.runs == 40
    done = dropout_tui(*line)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert (summary["runs"], summary["passed"] + summary["failed"]) == (40, 40)
    store.close()
