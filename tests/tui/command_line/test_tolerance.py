"""``--tolerance`` from every place that it may be given in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dropout_core.storage.store import Store
from dropout_core.verdict.verdict import Outcome
from tests.tui.program import dropout_tui
from tests.tui.stored import stored


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "store.sqlite3")


@pytest.mark.parametrize(
    ("arguments", "environment", "tolerance"),
    [(("--tolerance", "5"), {}, 0.05), ((), {"DROPOUT_TOLERANCE": "2.5"}, 0.025), ((), {}, 0.0)],
)
def test_it_is_stored_with_the_evaluation_and_said_in_the_summary(
    path: str, arguments: tuple[str, ...], environment: dict[str, str], tolerance: float
) -> None:
    done = dropout_tui(
        "run", "--runs", "2", "--seed", "1", "--json", "--store", path, *arguments, **environment
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["tolerance"] == pytest.approx(tolerance)
    assert summary.keys() >= {
        "exact_interval",
        "mixed_groups",
        "variety",
        "beside_task",
        "per_trial",
        "per_pass",
    }
    shown = dropout_tui("history", "--json", "--store", path)
    assert json.loads(shown.stdout)["tolerance"] == pytest.approx(tolerance)


def test_an_interrupted_evaluation_may_go_on_with_another(path: str) -> None:
    store = Store(Path(path))
    stored(store, [Outcome.PASSED], runs=3, ended=None, model="sample", suite="basic", seed=1)
    store.close()
    refused = dropout_tui("resume", "1", "--tolerance", "15", "--store", path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.count("\n") == 1
    assert "a tolerance of 15 points leaves nothing of the band 10-40; give less than 15" in refused.stderr
    done = dropout_tui("resume", "1", "--tolerance", "5", "--json", "--store", path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["tolerance"] == 0.05
    again = dropout_tui("show", "1", "--store", path)
    assert "Band 10-40% (tolerance 5 points; chosen after 1 run): undecided (P(in band)" in again.stdout


@pytest.mark.parametrize("text", ["15", "five", "-1"])
def test_what_cannot_be_is_one_line_and_nothing_is_stored(path: str, text: str) -> None:
    done = dropout_tui("run", "--runs", "1", f"--tolerance={text}", "--store", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("dropout-tui: --tolerance: ")
    assert done.stderr.count("\n") == 1
    assert not Path(path).exists()
