"""More than two evaluations compared without a screen."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from dropout_core.storage.store import Store
from dropout_core.values.annotation import AnnotationChange
from tests.tui.program import dropout_tui
from tests.tui.stored import varied


@pytest.fixture
def path(tmp_path: Path) -> str:
    with closing(Store(tmp_path / "store.sqlite3")) as store:
        varied(store)
        store.annotate(6, AnnotationChange("[/best]", add=("strict",)))
    return str(tmp_path / "store.sqlite3")


def test_they_are_ranked_with_their_intervals_and_their_checks(path: str) -> None:
    done = dropout_tui("compare", "3", "7", "[/best]", "5", "--store", path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[2:6]] == ["#6", "#3", "#7", "#5"]
    best = lines[2]
    assert best.index("├") < best.index("●") < best.index("┤")
    assert best.endswith(
        "95 %  76–99   19/20  ▲ above band  [/best] [strict] · claude-sonnet-4-5-20250929 · explicit · strict · answer"
    )
    assert "0/0  ? undecided" in lines[5]
    assert "▲ #6: higher than #3, #7; not told apart from one" in done.stdout
    assert "an error of 5 % over all 6 pairs" in done.stdout
    assert "Note: The suites differ" in done.stdout
    heads = next(line for line in lines if line.split()[:2] == ["#6", "#3"])
    (edges,) = [line for line in lines if line.startswith("  edge_cases ")]
    assert len(edges) == len(heads)
    assert edges.split()[1:] == ["5", "%", "12", "%", "100", "%", "–"]
    assert lines[lines.index("Failures beside the task, of all graded runs:") + 1].startswith("  no_code ")


def test_the_same_as_one_object(path: str) -> None:
    found = json.loads(dropout_tui("compare", "3", "7", "6", "--json", "--store", path).stdout)
    assert found["type"] == "ranking"
    assert [(one["id"], one["name"], one["higher_than"]) for one in found["evaluations"]] == [
        (6, "[/best]", [3, 7]),
        (3, "", []),
        (7, "", []),
    ]
    edges = next(check for check in found["checks"] if check["id"] == "edge_cases")
    assert edges["evaluations"][2] == {"id": 7, "failed": 8, "reached": 8}
    assert (found["pairs"], found["error"]) == (3, 0.05)
